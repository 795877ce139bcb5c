using System.Globalization;
using System.Net;
using System.Text;

namespace KeeperOracle.Host.Reports;

/// <summary>Text and figures for a page, always escaped.</summary>
internal static class Html
{
    public static string Text(string text) => WebUtility.HtmlEncode(text);

    /// <summary>A share as percent, with as many decimals as a reader can use.</summary>
    public static string Percent(double share) => (share * 100).ToString("0.0", CultureInfo.InvariantCulture) + "&#8239;%";

    /// <summary>A p-value: three decimals; under that the bound.</summary>
    public static string Probability(double? p) => p switch
    {
        null => "–",
        < 0.001 => "&lt; .001",
        { } value => value.ToString(".000", CultureInfo.InvariantCulture),
    };

    public static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "–";

    /// <summary>Appends with the point as decimal mark, whatever the machine's language; returns the page for the next piece.</summary>
    public static StringBuilder Add(this StringBuilder page, FormattableString text) => page.Append(FormattableString.Invariant(text));

    /// <summary>A table in a box of its own that scrolls where the screen is narrow. The first cell of a row is its header.</summary>
    /// <param name="style">`numbers` (right-aligned but for the last column) or `words`</param>
    public static void Table(
        StringBuilder page, string caption, string style, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        page.Add($"<p class=\"caption\">{Text(caption)}</p>")
            .Add($"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{Text(caption)}\">")
            .Add($"<table class=\"{style}\"><thead><tr>");
        foreach (var column in columns)
        {
            page.Add($"<th scope=\"col\">{column}</th>");
        }

        page.Append("</tr></thead><tbody>");
        foreach (var row in rows)
        {
            page.Add($"<tr><th scope=\"row\">{row[0]}</th>");
            foreach (var cell in row.Skip(1))
            {
                page.Add($"<td>{cell}</td>");
            }

            page.Append("</tr>");
        }

        page.Append("</tbody></table></div>");
    }
}
