/// How a report looks: one set of rules, two sets of colours.
enum Stylesheet {
  /// The number of curves that have a colour and dashes of their own.
  static let curveCount = 8

  /// The rules, in the order colours, page, figures, plots, samples, tables.
  static let text = Markup.verbatim(
    """
    :root {
      --page: #f6f6f3; --card: #ffffff; --line: #dddcd6; --ink: #1d1f21; --faint: #5c6066;
      --share-ink: 31 111 178; --good: #24703f; --background-curve: #8d939b;
      --curve-0: #1f6fb2; --curve-1: #b35900; --curve-2: #2a7a4b; --curve-3: #7a4fa3;
      --curve-4: #b3324a; --curve-5: #0f7c86; --curve-6: #7a6a12; --curve-7: #5b6470;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --page: #141517; --card: #1d1f22; --line: #36393e; --ink: #e8e8e4; --faint: #a3a8af;
        --share-ink: 109 179 242; --good: #7fcf9b; --background-curve: #737a84;
        --curve-0: #6db3f2; --curve-1: #f0a04b; --curve-2: #6fc792; --curve-3: #c3a0e8;
        --curve-4: #f28b9b; --curve-5: #5fcbd4; --curve-6: #d3c25e; --curve-7: #b4bcc8;
      }
    }

    * { box-sizing: border-box; }
    body {
      margin: 0; background: var(--page); color: var(--ink);
      font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
      font-variant-numeric: tabular-nums;
    }
    main { max-width: 1080px; margin: 0 auto; padding: 40px 24px 64px; }
    h1 { font-size: 28px; line-height: 1.2; margin: 0; }
    h2 { font-size: 20px; margin: 44px 0 14px; }
    h3 { font-size: 16px; margin: 0; }
    h4 { font-size: 12px; margin: 0 0 4px; color: var(--faint); font-weight: 600; }
    .summary { font-size: 18px; color: var(--faint); margin: 8px 0 0; max-width: 46em; }
    .scroll { overflow-x: auto; }
    .tall { max-height: 560px; overflow-y: auto; }

    .figures {
      display: grid; gap: 12px; margin: 28px 0 0;
      grid-template-columns: repeat(auto-fit, minmax(180px, 1fr));
    }
    .figures > div, .plot, .sample, .facts > div, pre, .tall {
      background: var(--card); border: 1px solid var(--line); border-radius: 10px;
    }
    .figures > div { padding: 14px 16px; }
    .figures dt { font-size: 13px; color: var(--faint); }
    .figures dd { margin: 0; }
    .figures .value { font-size: 20px; font-weight: 600; line-height: 1.5; }
    .figures .note { font-size: 13px; color: var(--faint); }

    .plots { display: grid; gap: 16px; grid-template-columns: 1fr 1fr; }
    .plot { margin: 0; padding: 16px 18px 12px; min-width: 0; }
    .wide { grid-column: 1 / -1; }
    .plot p { margin: 0; font-size: 13px; color: var(--faint); }
    .plot svg { display: block; width: 100%; min-width: 420px; height: auto; font-size: 12px; }
    .wide svg { min-width: 720px; }
    .legend {
      display: flex; flex-wrap: wrap; gap: 2px 18px; list-style: none;
      margin: 8px 0 0; padding: 0; font-size: 13px;
    }
    .legend li { display: flex; align-items: center; gap: 6px; }
    .legend svg.curve { width: 28px; min-width: 28px; height: 10px; }
    .axis line { stroke: var(--line); }
    .axis text, .axis-name text { fill: var(--faint); }
    .axis-name text { font-weight: 600; }
    .curve polyline {
      fill: none; stroke: var(--stroke); stroke-width: 2; stroke-linejoin: round;
      stroke-linecap: round;
    }
    .curve circle { fill: var(--stroke); stroke: var(--card); stroke-width: 1; }
    .curve circle:hover { stroke: var(--ink); stroke-width: 2; }
    .curve-0 { --stroke: var(--curve-0); }
    .curve-1 { --stroke: var(--curve-1); }
    .curve-2 { --stroke: var(--curve-2); }
    .curve-3 { --stroke: var(--curve-3); }
    .curve-4 { --stroke: var(--curve-4); }
    .curve-5 { --stroke: var(--curve-5); }
    .curve-6 { --stroke: var(--curve-6); }
    .curve-7 { --stroke: var(--curve-7); }
    .curve-1 polyline, .curve-5 polyline { stroke-dasharray: 8 5; }
    .curve-2 polyline, .curve-6 polyline { stroke-dasharray: 1 5; stroke-width: 3; }
    .curve-3 polyline, .curve-7 polyline { stroke-dasharray: 10 4 1 4; }
    .background { --stroke: var(--background-curve); }
    .background polyline { stroke-width: 1; }

    .sample { padding: 14px 18px 18px; margin-bottom: 12px; }
    .answers { display: grid; gap: 18px; grid-template-columns: repeat(3, 1fr); margin-top: 12px; }
    .answer { border-top: 1px solid var(--line); padding-top: 10px; min-width: 0; }
    .match { border-top: 2px solid var(--good); }
    .match h4 { color: var(--good); }
    blockquote { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 15px; }
    .answer blockquote { max-height: 15em; overflow-y: auto; }

    table { border-collapse: collapse; font-size: 14px; width: 100%; }
    th, td { padding: 5px 10px; border-bottom: 1px solid var(--line); vertical-align: top; }
    tbody tr:last-child > * { border-bottom: 0; }
    th { text-align: left; font-weight: 500; color: var(--faint); }
    td { text-align: right; }
    thead th { vertical-align: bottom; }
    thead th:not(:first-child) { text-align: right; }
    .clients { min-width: 720px; }
    .clients thead { position: sticky; top: 0; background: var(--card); }
    .clients .category, .clients .share { text-align: center; padding: 5px 4px; }
    .category span { writing-mode: vertical-rl; transform: rotate(180deg); }
    .share { background: rgb(var(--share-ink) / calc(var(--share) * 0.6)); }
    .facts { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); }
    .facts > div { padding: 14px 18px; min-width: 0; align-self: start; }
    .facts th { white-space: nowrap; padding-left: 0; }
    .facts td { overflow-wrap: anywhere; padding-right: 0; }
    details { font-size: 13px; margin-top: 6px; }
    summary { color: var(--faint); cursor: pointer; }
    details table { font-size: 13px; }
    pre {
      margin: 0 0 16px; padding: 14px 18px; font-size: 13px;
      white-space: pre-wrap; overflow-wrap: anywhere;
    }
    @media (max-width: 760px) {
      .plots, .answers { grid-template-columns: 1fr; }
      main { padding: 24px 14px 48px; }
    }
    @media print { body { background: none; } .tall { max-height: none; } }
    """)
}
