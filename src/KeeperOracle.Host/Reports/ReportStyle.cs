namespace KeeperOracle.Host.Reports;

/// <summary>The page's style and its standing text.</summary>
internal static class ReportStyle
{
    // Pairs of colours hold a contrast of at least 4.5 to 1 on their ground, light and dark.
    public const string Css = """
        :root{--ink:#1b2230;--soft:#566072;--ground:#fff;--panel:#f5f7fa;--rule:#d9dee7;
          --loss:#b4bcc9;--a:#0b57a4;--b:#a04a00;--c:#00715f;--d:#7b3fa0;--bad:#b3001e;--good:#00653b}
        @media(prefers-color-scheme:dark){:root{--ink:#e7ebf2;--soft:#a4aec0;--ground:#12161d;--panel:#1a202a;--rule:#333c4a;
          --loss:#55606f;--a:#6db3f2;--b:#f0a35e;--c:#4fd0b5;--d:#c99be8;--bad:#ff8494;--good:#63d49c}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
        main{max-width:66rem;margin:0 auto;padding:1rem clamp(.75rem,3vw,2rem) 3rem}
        h1{font-size:clamp(1.4rem,4vw,2rem);line-height:1.2;margin:.5rem 0 1rem;text-wrap:balance}
        h2{font-size:1.3rem;margin:2.5rem 0 .5rem;padding-top:.75rem;border-top:1px solid var(--rule)}
        p,li{max-width:75ch}li{margin:.35rem 0}ul{padding-left:1.2rem}
        .kept{color:var(--good)}.rejected{color:var(--bad);font-weight:600}
        .scroll{overflow-x:auto;margin:1rem 0}.scroll:focus-visible{outline:2px solid var(--a);outline-offset:2px}
        table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums;min-width:100%}
        .caption{font-size:.875rem;color:var(--soft);margin:1.5rem 0 0;max-width:none}
        .caption+.scroll{margin-top:.25rem}.numbers td:last-child{white-space:normal}
        th,td{padding:.35rem .6rem;text-align:right;white-space:nowrap;border-bottom:1px solid var(--rule)}
        thead th{font-weight:600;color:var(--soft);vertical-align:bottom}
        th[scope=row],thead th:first-child{text-align:left;position:sticky;left:0;background:var(--ground)}
        tbody tr:first-child{font-weight:600}td:last-child,thead th:last-child,.words th,.words td{text-align:left}
        figure{margin:1.25rem 0}figure .scroll{margin:0}figcaption{font-size:.875rem;color:var(--soft);max-width:90ch}
        svg{display:block;width:100%;height:auto;background:var(--panel);border-radius:6px}
        figure>.scroll svg{min-width:36rem}
        .small{display:grid;grid-template-columns:repeat(auto-fill,minmax(17rem,1fr));gap:.75rem}.small figure{margin:0}
        .grid{stroke:var(--rule);stroke-width:1;fill:none}.tick,.name{font-size:12px;fill:var(--soft)}.name{fill:var(--ink)}
        .line{fill:none;stroke-width:1.6;stroke-linejoin:round}
        .l1{stroke:var(--a)}.l2{stroke:var(--b);stroke-dasharray:7 3}.l3{stroke:var(--c);stroke-dasharray:2 2}
        .l4{stroke:var(--d);stroke-dasharray:8 3 2 3}
        .loss{stroke:var(--loss);stroke-width:1.2;fill:none}.hit{fill:var(--bad);stroke:var(--ground);stroke-width:.8}
        .hash code{overflow-wrap:anywhere;background:var(--panel);padding:.35rem .5rem;border-radius:4px;display:inline-block}
        @media print{.scroll{overflow:visible}}
        """;

    public const string Reading = """
        <ul>
        <li>A <em>loss</em> is minus the log return of one period of a position of one unit. An <em>exception</em> is a loss over the VaR
        forecast, which was made from earlier periods only.</li>
        <li><em>POF</em> (Kupiec) asks whether the number of exceptions is what the level promises, too few counting as well as too many.
        <em>CCI</em> (Christoffersen) asks whether one follows another
        more often than by chance; <em>CC</em> is both at once. <em>TUFF</em> looks at the first exception only. The <em>traffic
        light</em> is Basel's: zone and multiplier by the exact binomial probability.</li>
        <li><em>Z1</em> and <em>Z2</em> (Acerbi and Székely) hold the size of exceptions, and their size and number, against the expected
        shortfall: zero in expectation for a right model, negative where
        risk was understated. Their p-values are one-sided, simulated from the law that the model itself forecast.</li>
        <li>A model is <em>rejected</em> where POF, CCI, CC or Z2 has a p-value under .05. Of a right model each test rejects one sample
        in twenty: a single rejection among many is weak evidence, and no rejection is no proof.</li>
        <li><em>Capital</em> is the expected shortfall. The <em>joint score</em> rates VaR and ES together (Fissler and Ziegel); lower is
        better, within one table only.</li>
        <li>The model called <em>production</em> was chosen on BTC/USD and ETH/USD to the end of 2021, by a criterion written down before
        later data were looked at. Only periods after that are out of sample for it.</li>
        <li><em>Peak to trough</em> is the highest over the lowest margin; a <em>rise</em> is the worst over so many days; <em>mean
        cost</em> is against the plain EWMA of the same days.</li>
        </ul>
        """;
}
