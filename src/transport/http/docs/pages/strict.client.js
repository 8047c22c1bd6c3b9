// Runs before a page's library, so that it gets along with a policy that knows no 'unsafe-inline',
// no 'unsafe-eval' and no other host:
// - a style element that the library makes carries the page's nonce;
// - a style attribute is set through the CSSOM, which the policy allows, not as text;
// - a picture from another host is treated as one that failed to load (Redoc's footer has one);
// - zod, inside Scalar, does not try out whether it may compile functions.
;(() => {
  const nonce = document.querySelector('meta[property="csp-nonce"]').content

  const { createElement } = document
  document.createElement = (name, options) => {
    const element = createElement.call(document, name, options)
    if (element instanceof HTMLStyleElement) element.nonce = nonce
    return element
  }

  const { setAttribute } = Element.prototype
  Element.prototype.setAttribute = function (name, value) {
    if (name === 'style' && this.style) this.style.cssText = value
    else if (name === 'src' && this instanceof HTMLImageElement) this.src = value
    else setAttribute.call(this, name, value)
  }

  const source = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, 'src')
  Object.defineProperty(HTMLImageElement.prototype, 'src', {
    ...source,
    set(url) {
      if (isElsewhere(url)) setTimeout(() => this.dispatchEvent(new Event('error')))
      else source.set.call(this, url)
    },
  })

  const isElsewhere = url => {
    const { protocol, origin } = new URL(url, location.href)
    return protocol !== 'data:' && origin !== location.origin
  }

  // Highlighted code comes as HTML with style attributes. `<` in its text is written `&lt;`, so that
  // what stands between `<` and `>` is a tag.
  const inner = Object.getOwnPropertyDescriptor(Element.prototype, 'innerHTML')
  Object.defineProperty(Element.prototype, 'innerHTML', {
    ...inner,
    set(html) {
      inner.set.call(this, String(html).replaceAll(/(<[a-z][^<>]*\s)style=/gi, '$1data-style='))
      for (const element of this.querySelectorAll('[data-style]')) {
        element.style.cssText = element.dataset.style
        delete element.dataset.style
      }
    },
  })

  globalThis.__zod_globalConfig = { jitless: true }
})()
