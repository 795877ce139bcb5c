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

    /// <summary>A table in a box of its own that scrolls where the screen is narrow. The first cell of a row is its header.</summary>
    /// <param name="style">`numbers` (right-aligned but for the last column) or `words`</param>
    public static void Table(StringBuilder page, string caption, string style, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        page.Append(CultureInfo.InvariantCulture, $"<p class=\"caption\">{Text(caption)}</p><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{Text(caption)}\"><table class=\"{style}\"><thead><tr>");
        foreach (var column in columns)
        {
            page.Append(CultureInfo.InvariantCulture, $"<th scope=\"col\">{column}</th>");
        }

        page.Append("</tr></thead><tbody>");
        foreach (var row in rows)
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><th scope=\"row\">{row[0]}</th>");
            foreach (var cell in row.Skip(1))
            {
                page.Append(CultureInfo.InvariantCulture, $"<td>{cell}</td>");
            }

            page.Append("</tr>");
        }

        page.Append("</tbody></table></div>");
    }
}
