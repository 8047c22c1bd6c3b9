// Times on the wire are RFC 3339 in UTC with milliseconds: 2026-01-02T03:04:05.678Z.

// RFC 3339 knows leap seconds; like PostgreSQL we take one for the second that follows.
const RFC_3339 =
  /^(\d{4}-\d{2}-\d{2})[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.(\d{1,18}))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/

/**
 * The same moment in our one form, cut to milliseconds; undefined where the text is not an RFC 3339
 * date-time of a day that exists, or lies outside the years 1 to 9999 that PostgreSQL can tell back.
 */
export function parseTime(text: string): string | undefined {
  const match = RFC_3339.exec(text)
  if (!match) return undefined
  const [, day = '', hour, minute, second, fraction = '', sign, offsetHour, offsetMinute] = match

  const midnightMs = Date.parse(`${day}T00:00:00.000Z`)
  // Date.parse takes the 30th of February for the 2nd of March.
  if (Number.isNaN(midnightMs) || !new Date(midnightMs).toISOString().startsWith(day))
    return undefined
  const offsetMs = minutes(offsetHour, offsetMinute) * (sign === '-' ? -60_000 : 60_000)
  const localMs = minutes(hour, minute) * 60_000 + Number(second) * 1000
  const atMs = midnightMs + localMs + Number(fraction.slice(0, 3).padEnd(3, '0')) - offsetMs
  const utc = new Date(atMs).toISOString()
  return /^\d{4}-/.test(utc) && !utc.startsWith('0000') ? utc : undefined
}

const minutes = (hour = '0', minute = '0') => Number(hour) * 60 + Number(minute)
