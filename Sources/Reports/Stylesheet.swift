/// How a report looks: one set of rules, two sets of colours.
enum Stylesheet {
  /// The number of colours of curves, and of their kinds of dashes.
  static let colorCount = 8, dashCount = 4

  /// The rules, in the order colours, page, head, plots, samples, tables.
  static let text = Markup.verbatim(
    """
    :root {
      --page: #f6f6f3; --card: #ffffff; --line: #dddcd6; --ink: #1d1f21; --faint: #5c6066;
      --share-ink: 31 111 178; --share-most: 0.6; --good: #24703f; --warn: #8a4b00; --warn-card: #fdf3e3;
      --background-curve: #a4a9b0; --bar: #1f6fb2;
      --color-0: #1f6fb2; --color-1: #b35900; --color-2: #2a7a4b; --color-3: #7a4fa3;
      --color-4: #b3324a; --color-5: #0f7c86; --color-6: #7a6a12; --color-7: #5b6470;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --page: #141517; --card: #1d1f22; --line: #36393e; --ink: #e8e8e4; --faint: #a3a8af;
        --share-ink: 109 179 242; --share-most: 0.45; --good: #7fcf9b; --warn: #f0b465; --warn-card: #2b2418;
        --background-curve: #5f656e; --bar: #6db3f2;
        --color-0: #6db3f2; --color-1: #f0a04b; --color-2: #6fc792; --color-3: #c3a0e8;
        --color-4: #f28b9b; --color-5: #5fcbd4; --color-6: #d3c25e; --color-7: #b4bcc8;
      }
    }

    * { box-sizing: border-box; }
    body {
      margin: 0; background: var(--page); color: var(--ink);
      font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
      font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100%;
    }
    main { max-width: 1080px; margin: 0 auto; padding: 40px 24px 64px; }
    h1 { font-size: 28px; line-height: 1.2; margin: 0; overflow-wrap: anywhere; }
    h2 { font-size: 20px; margin: 44px 0 14px; }
    h3 { font-size: 16px; margin: 0; }
    h4 { font-size: 12px; margin: 0 0 4px; color: var(--faint); font-weight: 600; }
    .card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
    .scroll { overflow-x: auto; }
    .tall { max-height: 560px; overflow-y: auto; }
    .note { margin: 0; font-size: 13px; color: var(--faint); }

    .summary {
      font-size: 18px; color: var(--faint); margin: 8px 0 0; max-width: 46em;
      overflow-wrap: break-word;
    }
    .status { margin: 20px 0 0; padding: 12px 16px 14px; }
    .status p { margin: 0 0 8px; }
    .status progress { display: block; width: 100%; height: 8px; accent-color: var(--bar); }
    .warnings {
      list-style: none; margin: 20px 0 0; padding: 10px 16px; background: var(--warn-card);
      border: 1px solid var(--line); border-left: 4px solid var(--warn); border-radius: 10px;
    }
    .warnings li { padding: 2px 0; overflow-wrap: break-word; }
    .overview {
      display: grid; gap: 12px 24px; margin: 20px 0 0; padding: 14px 16px;
      grid-template-columns: repeat(auto-fill, minmax(200px, 1fr));
    }
    .overview > div { min-width: 0; font-size: 15px; }
    .overview dt, .figures dt { font-size: 13px; color: var(--faint); }
    .overview dd, .figures dd { margin: 0; overflow-wrap: break-word; }
    .figures {
      display: grid; gap: 12px; margin: 12px 0 0;
      grid-template-columns: repeat(var(--columns), 1fr);
    }
    .figures > div { padding: 12px 16px; min-width: 0; }
    .figures .value { font-size: 20px; font-weight: 600; line-height: 1.5; }

    .plots { display: grid; gap: 16px; grid-template-columns: 1fr 1fr; }
    .plot { margin: 0; padding: 16px 18px 12px; min-width: 0; }
    .wide { grid-column: 1 / -1; }
    .plot p { margin: 0; font-size: 13px; color: var(--faint); }
    .chart {
      display: block; width: calc(100% - 72px); height: 210px; margin: 34px 14px 44px 58px;
      font-size: 12px; overflow: visible;
    }
    .wide .chart { height: 260px; }
    .chart .below, .chart .area { overflow: visible; }
    .chart .clipped { overflow: hidden; }
    .axis line { stroke: var(--line); }
    .axis text, .axis-name text { fill: var(--faint); }
    .axis-name text { font-weight: 600; }
    .event line { stroke: var(--warn); stroke-dasharray: 2 3; }
    .event text { fill: var(--warn); paint-order: stroke; stroke: var(--card); stroke-width: 4px; }
    .legend {
      display: flex; flex-wrap: wrap; gap: 2px 18px; list-style: none;
      margin: 8px 0 0; padding: 0; font-size: 13px;
    }
    .legend li { display: flex; align-items: center; gap: 6px; min-width: 0; }
    .legend span { overflow-wrap: anywhere; }
    .sign { width: 28px; height: 10px; flex: none; }
    .curve polyline, .curve path {
      fill: none; stroke: var(--stroke); stroke-width: 2; stroke-linejoin: round;
      stroke-linecap: round; vector-effect: non-scaling-stroke;
    }
    .curve circle { fill: var(--stroke); stroke: var(--card); stroke-width: 1; }
    .curve circle:hover { stroke: var(--ink); stroke-width: 2; }
    .curve .leaves { fill: var(--stroke); font-size: 15px; font-weight: 700; text-anchor: middle; }
    .color-0 { --stroke: var(--color-0); }
    .color-1 { --stroke: var(--color-1); }
    .color-2 { --stroke: var(--color-2); }
    .color-3 { --stroke: var(--color-3); }
    .color-4 { --stroke: var(--color-4); }
    .color-5 { --stroke: var(--color-5); }
    .color-6 { --stroke: var(--color-6); }
    .color-7 { --stroke: var(--color-7); }
    .dash-1 polyline { stroke-dasharray: 8 5; }
    .dash-2 polyline { stroke-dasharray: 1 5; stroke-width: 3; }
    .dash-3 polyline { stroke-dasharray: 10 4 1 4; }
    .solid polyline { stroke-dasharray: none; stroke-width: 2; }
    .points path { stroke-width: 4; opacity: 0.35; }
    .background { --stroke: var(--background-curve); }
    .background polyline { stroke-width: 1; }

    .sample { padding: 14px 18px 18px; margin-bottom: 12px; }
    .answers {
      display: grid; gap: 14px 18px; margin-top: 12px;
      grid-template-columns: repeat(auto-fit, minmax(170px, 1fr));
    }
    .answer { border-top: 1px solid var(--line); padding-top: 10px; min-width: 0; }
    .answer h4 { overflow-wrap: anywhere; }
    .answer h4 .sign { margin-right: 6px; }
    .match { border-top: 2px solid var(--good); padding-top: 9px; }
    .match h4 { color: var(--good); }
    blockquote { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 15px; }
    .sample blockquote { max-height: 15em; overflow-y: auto; }

    table { border-collapse: collapse; font-size: 14px; width: 100%; }
    th, td { padding: 5px 10px; border-bottom: 1px solid var(--line); vertical-align: top; }
    tbody:last-child tr:last-child > * { border-bottom: 0; }
    th { text-align: left; font-weight: 500; color: var(--faint); }
    td { text-align: right; }
    thead th { vertical-align: bottom; }
    thead th:not(:first-child) { text-align: right; }
    .clients { min-width: 720px; }
    .clients thead { position: sticky; top: 0; background: var(--card); }
    .clients tbody th { position: sticky; left: 0; background: var(--card); }
    .clients .category, .clients .share { text-align: center; padding: 5px 4px; }
    .category span { writing-mode: vertical-rl; transform: rotate(180deg); }
    .share { background: rgb(var(--share-ink) / calc(var(--share) * var(--share-most))); }

    .runs, .bars { padding: 8px 18px 12px; }
    .runs table { table-layout: fixed; }
    .runs th:first-child { padding-left: 0; position: sticky; left: 0; background: var(--card); }
    .runs thead th { color: var(--ink); font-weight: 600; overflow-wrap: anywhere; }
    .runs thead .sign { display: block; margin: 0 0 2px auto; }
    .runs thead td { text-align: left; position: sticky; left: 0; background: var(--card); }
    .runs td { overflow-wrap: break-word; }
    .runs .group th { color: var(--ink); font-weight: 600; padding-top: 14px; }
    .runs .same td { overflow-wrap: anywhere; text-align: left; }
    .bars .note { padding: 4px 0; }
    .bars th:first-child { padding-left: 0; width: 40%; }
    .bars tbody th { color: var(--ink); }
    .bars td:last-child, .bars thead th:last-child { padding-right: 0; }
    .bars td { white-space: nowrap; }
    .bars td .note { padding: 0; }
    .bar {
      position: relative; height: 6px; margin: 3px 0 4px; border-radius: 3px; background: var(--line);
    }
    .bar .length { height: 100%; border-radius: 3px; background: var(--bar); }
    .bar .mark {
      position: absolute; top: -2px; width: 2px; height: 10px; margin-left: -2px;
      background: var(--ink);
    }

    .columns { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); }
    .facts { padding: 14px 18px; min-width: 0; align-self: start; }
    .facts table { table-layout: fixed; }
    .facts th { padding-left: 0; width: 46%; overflow-wrap: break-word; }
    .facts td { overflow-wrap: anywhere; padding-right: 0; text-align: left; }
    details { font-size: 13px; margin-top: 6px; }
    summary { color: var(--faint); cursor: pointer; }
    details table { font-size: 13px; }
    details .scroll th { white-space: nowrap; }
    section > h3 { margin: 0 0 6px; font-size: 14px; font-weight: 500; color: var(--faint); }
    pre {
      margin: 0 0 16px; padding: 14px 18px; font-size: 13px;
      white-space: pre-wrap; overflow-wrap: anywhere;
    }
    @media (max-width: 760px) {
      .plots { grid-template-columns: 1fr; }
      main { padding: 24px 14px 48px; }
      .overview { grid-template-columns: repeat(auto-fill, minmax(128px, 1fr)); }
      .figures { grid-template-columns: 1fr 1fr; }
      .figures > div { padding: 10px 12px; }
      .figures .value { font-size: 17px; }
      .chart, .wide .chart { width: calc(100% - 52px); height: 200px; margin-left: 44px;
        margin-right: 8px; }
      .chart .minor { display: none; }
      .runs, .bars, .facts { padding-left: 14px; padding-right: 14px; }
    }
    @media print {
      body { background: none; } .tall { max-height: none; } .card { break-inside: avoid; }
    }
    """)
}
