// Runs in a page and returns what is wrong with its layout, a sentence each. See check_page.py.
(() => {
  const problems = [];
  const page = document.documentElement;
  const short = text => JSON.stringify(text.trim().replace(/\s+/g, " ").slice(0, 40));

  // Nothing makes the page scroll sideways.
  if (page.scrollWidth > page.clientWidth)
    problems.push(`the page is ${page.scrollWidth} wide in a window of ${page.clientWidth}`);

  // What a box that scrolls or clips does not show is no overflow.
  const visible = element => {
    let {left, top, right, bottom} = element.getBoundingClientRect();
    for (let box = element.parentElement; box; box = box.parentElement) {
      const style = getComputedStyle(box);
      if (style.overflowX == "visible" || box == document.body || box == page) continue;
      const edge = box.getBoundingClientRect();
      [left, right] = [Math.max(left, edge.left), Math.min(right, edge.right)];
      [top, bottom] = [Math.max(top, edge.top), Math.min(bottom, edge.bottom)];
    }
    return left < right && top < bottom ? {left, top, right, bottom} : null;
  };

  // Every element is inside its card. Letters are where their ranges are, wherever their box ends.
  const slack = 1.5;
  const outside = (rect, card) =>
    rect.left < card.left - slack || rect.right > card.right + slack ||
    rect.top < card.top - slack || rect.bottom > card.bottom + slack;
  const texts = root => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode())
      if (walker.currentNode.data.trim() && !walker.currentNode.parentElement.closest("title, style"))
        found.push(walker.currentNode);
    return found;
  };
  const lines = node => {
    const range = document.createRange();
    range.selectNodeContents(node);
    return [...range.getClientRects()].filter(rect => rect.width > 0);
  };
  for (const card of document.querySelectorAll(".card, .warnings")) {
    const edge = card.getBoundingClientRect();
    for (const element of card.querySelectorAll("*")) {
      if (element.closest("title, details:not([open]) > :not(summary)")) continue;
      const rect = visible(element);
      // Lines of a plot may have no height, and its cut picture hides the rest.
      if (!rect || element.closest(".clipped")) continue;
      if (outside(rect, edge)) problems.push(`<${element.tagName}> ${short(element.textContent)} is outside its card`);
    }
    for (const node of texts(card)) {
      const box = node.parentElement;
      if (box.closest("details:not([open]) > :not(summary)") || box.closest(".scroll, .tall")) continue;
      if (lines(node).some(rect => outside(rect, edge)))
        problems.push(`the text ${short(node.data)} is outside its card`);
    }
  }

  // No value is broken into single characters; a hash may be, in long lines.
  for (const node of texts(document.body)) {
    const box = node.parentElement;
    if (getComputedStyle(box).writingMode != "horizontal-tb") continue;
    const tops = new Set(lines(node).map(rect => Math.round(rect.top)));
    const length = node.data.trim().length;
    if (tops.size > 2 && length / tops.size < 5)
      problems.push(`${short(node.data)} has ${tops.size} lines of ${(length / tops.size).toFixed(1)} characters`);
  }

  // Contrast of every text with what is behind it: WCAG 2.2, 1.4.3, 4.5 to 1.
  const channels = color => {
    const numbers = color.match(/[0-9.]+/g).map(Number);
    return {rgb: numbers.slice(0, 3), alpha: numbers.length > 3 ? numbers[3] : 1};
  };
  const over = (front, alpha, back) => front.map((value, i) => alpha * value + (1 - alpha) * back[i]);
  const ground = element => {
    if (!element) return [255, 255, 255];
    const {rgb, alpha} = channels(getComputedStyle(element).backgroundColor);
    return alpha == 1 ? rgb : over(rgb, alpha, ground(element.parentElement));
  };
  const luminance = rgb => {
    const [r, g, b] = rgb.map(x => x / 255).map(x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  for (const node of texts(document.body)) {
    const box = node.parentElement;
    const style = getComputedStyle(box);
    const color = channels(box instanceof SVGElement ? style.fill : style.color);
    const back = ground(box);
    const ratio = contrast(over(color.rgb, color.alpha, back), back);
    if (ratio < 4.5) problems.push(`${short(node.data)} has a contrast of ${ratio.toFixed(1)}`);
  }

  // Plots: points, strokes that can be seen (WCAG 1.4.11, 3 to 1), texts that do not meet.
  for (const plot of document.querySelectorAll("figure svg[role=img]")) {
    const name = plot.getAttribute("aria-label");
    const marks = [...plot.querySelectorAll("polyline, path")];
    const count = marks.reduce((sum, line) => sum + (line.points?.numberOfItems ?? line.getAttribute("d").length), 0);
    if (count == 0) problems.push(`the plot ${short(name)} has no point`);
    for (const line of plot.querySelectorAll(".curve:not(.background, .points) polyline")) {
      const stroke = getComputedStyle(line).stroke;
      const ratio = stroke == "none" ? 1 : contrast(channels(stroke).rgb, ground(plot));
      if (ratio < 3) problems.push(`a curve of ${short(name)} has a contrast of ${ratio.toFixed(1)}`);
    }
    // Arrows of curves that leave the plot at one place may lie on each other.
    const boxes = [...plot.querySelectorAll("text:not(.leaves)")].map(text => [text, text.getBoundingClientRect()])
      .filter(([, rect]) => rect.width > 0);
    boxes.forEach(([text, a], i) => boxes.slice(i + 1).forEach(([other, b]) => {
      if (a.left < b.right - 1 && b.left < a.right - 1 && a.top + 3 < b.bottom && b.top + 3 < a.bottom)
        problems.push(`in ${short(name)} ${short(text.textContent)} lies on ${short(other.textContent)}`);
    }));
    for (const [text, rect] of boxes)
      if (rect.height < 10) problems.push(`${short(text.textContent)} in ${short(name)} is ${rect.height} high`);
  }

  const style = getComputedStyle(document.body);
  return {
    problems, plots: document.querySelectorAll("figure svg[role=img]").length,
    dark: luminance(channels(style.color).rgb) > luminance(channels(style.backgroundColor).rgb),
  };
})()
