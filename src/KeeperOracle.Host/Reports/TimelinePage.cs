using System.Globalization;
using System.Text;

namespace KeeperOracle.Host.Reports;

/// <summary>
/// The timeline of an account as one HTML page: no script, nothing fetched. Every line is one of the journals' (<see cref="AccountTimeline"/>), with the step at which it can be found
/// and decided once more; the page adds nothing to them.
/// </summary>
internal static class TimelinePage
{
    public static readonly IReadOnlyList<string> Columns = ["step", "chain", "block", "chain time (UTC)", "about", "decision", "outcome", "reason"];
    private static readonly string[] RelayColumns = ["number", "chain", "block", "what for", "state", "settled at block", "reason"];

    /// <summary>Over the style of reports: as wide as the window, and long reasons on several lines.</summary>
    private const string Css =
        "main{max-width:none}h1{overflow-wrap:anywhere}tbody tr:first-child{font-weight:400}.done td,.done th{color:var(--good)}"
        + ".words td{vertical-align:top}.words td:last-child{white-space:normal;min-width:24rem;overflow-wrap:anywhere}";

    /// <param name="account">as people write it</param>
    public static string Write(string account, IReadOnlyList<TimelineEntry> entries, IReadOnlyList<RelayEntry> relayed)
    {
        var page = new StringBuilder();
        page.Append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
        page.Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        page.Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">");
        page.Add($"<meta name=\"color-scheme\" content=\"light dark\"><title>Timeline of {Html.Text(account)}</title>");
        page.Add($"<style>{ReportStyle.Css}{Css}</style></head><body><main>");
        page.Add($"<h1>What was done for {Html.Text(account)}, what was not, and why</h1>");
        page.Append("<p>From the journals alone. A line stands where a decision about the same thing changed; what was done is coloured. <code>keeperoracle replay STEP..STEP</code> decides a step once more.</p>");
        Section(page, "keeper", "The keeper", Columns, entries.Select(entry => (entry.IsDone, Cells(entry))));
        if (relayed.Count > 0)
        {
            Section(page, "relay", "The relay, for the lien of this account", RelayColumns, relayed.Select(entry => (true, Cells(entry))));
        }

        page.Append("</main></body></html>\n");
        return page.ToString();
    }

    /// <summary>One line as its cells, in the order of the columns; of the table for people too.</summary>
    public static string[] Cells(TimelineEntry entry) =>
    [
        entry.Step.ToString(CultureInfo.InvariantCulture),
        $"{entry.Chain}",
        entry.Block.ToString(CultureInfo.InvariantCulture),
        DateTimeOffset.FromUnixTimeSeconds((long)entry.ChainTime).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
        entry.About,
        entry.Decision,
        entry.Outcome,
        entry.Reason,
    ];

    private static string[] Cells(RelayEntry entry) =>
    [
        entry.Intent.ToString(CultureInfo.InvariantCulture),
        $"{entry.Chain}",
        entry.Block.ToString(CultureInfo.InvariantCulture),
        entry.Purpose,
        entry.State,
        entry.SettledBlock?.ToString(CultureInfo.InvariantCulture) ?? "",
        entry.Reason,
    ];

    private static void Section(StringBuilder page, string id, string title, IReadOnlyList<string> columns, IEnumerable<(bool IsDone, string[] Cells)> rows)
    {
        page.Add($"<section aria-labelledby=\"{id}\"><h2 id=\"{id}\">{Html.Text(title)}</h2>");
        page.Add($"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"{id}\"><table class=\"words\"><thead><tr>");
        foreach (var column in columns)
        {
            page.Add($"<th scope=\"col\">{Html.Text(column)}</th>");
        }

        page.Append("</tr></thead><tbody>");
        foreach (var (isDone, cells) in rows)
        {
            page.Add($"<tr class=\"{(isDone ? "done" : "left")}\"><th scope=\"row\">{Html.Text(cells[0])}</th>");
            foreach (var cell in cells.Skip(1))
            {
                page.Add($"<td>{Html.Text(cell)}</td>");
            }

            page.Append("</tr>");
        }

        page.Append("</tbody></table></div></section>");
    }
}
