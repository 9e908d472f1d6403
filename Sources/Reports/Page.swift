/// Makes an HTML page that needs nothing else: no script, no font, no network.
func page(title: String, @MarkupBuilder _ content: () -> Markup) -> String {
  let page = element("html", ["lang": "en"]) {
    element("head") {
      // Even if a text found a way out of its element, the page could load and run nothing.
      Markup.verbatim(
        """
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" \
        content="default-src 'none'; style-src 'unsafe-inline'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        """)
      element("title") { title }
      element("style") { Stylesheet.text }
    }
    element("body") { element("main") { content() } }
  }
  return "<!DOCTYPE html>\n" + page.source + "\n"
}

/// Makes a section with its heading.
func section(_ name: String, @MarkupBuilder _ content: () -> Markup) -> Markup {
  element("section") {
    element("h2") { name }
    content()
  }
}

/// Makes a grid of two plots in a row.
func plotGrid(_ plots: [Plot]) -> Markup {
  element("div", ["class": "plots"]) {
    for (index, plot) in plots.enumerated() {
      // The first plot is the one to look at; a last one without a neighbour fills its row.
      let isAlone = index == plots.count - 1 && plots.count.isMultiple(of: 2)
      PlotSection(plot: plot, isWide: index == 0 || isAlone).markup()
    }
  }
}
