using System.Globalization;
using System.Text;
using KeeperOracle.Host.Configuration;

namespace KeeperOracle.Host.Files;

/// <summary>
/// A CSV file with a header: comma-separated, cells may be quoted (RFC 4180, but no line break inside a cell), white space around a cell
/// does not count, CRLF or LF. Empty lines may stand at the end only. Column names are compared without regard to case.
/// </summary>
internal sealed class CsvTable
{
    private const int LongestLine = 65_536;
    private readonly string[] _header;

    private CsvTable(string file, string[] header, List<Row> rows)
    {
        (File, _header, Rows) = (file, header, rows);
    }

    public readonly record struct Row(int Line, string[] Cells);

    public string File { get; }

    public IReadOnlyList<string> Columns => _header;

    public IReadOnlyList<Row> Rows { get; }

    public static CsvTable Read(string file) => Parse(InputText.NameOf(file), InputText.Read(file));

    internal static CsvTable Parse(string file, string text)
    {
        using var reader = new StringReader(text);
        string[]? header = null;
        var rows = new List<Row>();
        var blank = 0;
        for (var line = 1; reader.ReadLine() is { } content; line++)
        {
            if (string.IsNullOrWhiteSpace(content))
            {
                blank = blank == 0 ? line : blank;
                continue;
            }

            if (blank != 0)
            {
                throw new InputFileException("BlankLine", file, blank, "it is empty, and more follows: delete it.");
            }

            var cells = Split(file, line, content);
            if (header is null)
            {
                header = CheckHeader(file, content, cells);
            }
            else if (cells.Length != header.Length)
            {
                throw new InputFileException("ColumnCount", file, line, Counted(cells.Length, header.Length));
            }
            else
            {
                rows.Add(new Row(line, cells));
            }
        }

        if (header is null || rows.Count == 0)
        {
            throw new InputFileException("EmptyFile", file, null, header is null ? "it is empty." : "it has a header and no rows.");
        }

        return new CsvTable(file, header, rows);
    }

    /// <summary>Its place, or -1.</summary>
    public int Find(string column) => Array.IndexOf(_header, column);

    /// <summary>That none of these columns is there, with the column that may be one of them under another name.</summary>
    public InputFileException MissingColumn(IReadOnlyList<string> wanted, IReadOnlyList<string> known, string fix)
    {
        var guess = _header
            .Where(name => !known.Contains(name))
            .Select(name => (Name: name, Nearest: KeyCheck.Nearest(name, wanted)!))
            .OrderBy(pair => KeyCheck.EditDistance(pair.Name, pair.Nearest))
            .Select(pair => $" Is '{pair.Name}' meant to be '{pair.Nearest}'?")
            .FirstOrDefault();
        var names = string.Join(" or ", wanted.Select(name => $"'{name}'"));
        return new InputFileException(
            "MissingColumn", File, 1, $"a column {names} is needed, and the header has {string.Join(", ", _header)}.{guess} {fix}");
    }

    /// <summary>A finite number with a decimal point. Thousands separators, decimal commas, NaN and infinities are refused.</summary>
    public double Number(Row row, int column)
    {
        var text = row.Cells[column];
        const NumberStyles Plain = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (text.Length > 0
            && !char.IsLetter(text[^1]) // "NaN" and "Infinity" are text here, not numbers
            && double.TryParse(text, Plain, CultureInfo.InvariantCulture, out var value))
        {
            return double.IsFinite(value)
                ? value
                : throw Refuse("NotANumber", row, $"{_header[column]} is '{text}', larger than any double.");
        }

        var why = text.Length == 0 ? "is empty"
            : text.Contains(',', StringComparison.Ordinal) ? $"is '{text}': write it with a decimal point and without thousands separators"
            : $"is '{text}', which is no number";
        throw Refuse("NotANumber", row, $"{_header[column]} {why}. Mend the cell or leave the row out.");
    }

    public InputFileException Refuse(string refusal, Row row, string problem) => new(refusal, File, row.Line, problem);

    private static string[] CheckHeader(string file, string content, string[] cells)
    {
        if (cells.Length == 1 && content.AsSpan().IndexOfAny(';', '\t', '|') >= 0)
        {
            throw new InputFileException(
                "WrongSeparator", file, 1, "its columns are not separated by commas: use commas, and points in decimals.");
        }

        if (Array.Exists(cells, cell => double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _)))
        {
            throw new InputFileException(
                "MissingHeader", file, 1, "it begins with a number where the names of the columns belong: add a line such as "
                    + "`timestamp,price` or `return`.");
        }

        var header = Array.ConvertAll(cells, cell => cell.ToLowerInvariant());
        for (var i = 0; i < header.Length; i++)
        {
            if (header[i].Length == 0)
            {
                throw new InputFileException("MissingHeader", file, 1, $"column {i + 1} has no name.");
            }

            if (Array.IndexOf(header, header[i]) < i)
            {
                throw new InputFileException("DuplicateColumn", file, 1, $"it names '{header[i]}' twice.");
            }
        }

        return header;
    }

    private static string Counted(int found, int expected)
    {
        var hint = found > expected ? " A decimal comma or a thousands separator adds columns: write 1234.5." : "";
        return $"{found} {(found == 1 ? "column" : "columns")}, and the header has {expected}.{hint}";
    }

    private static string[] Split(string file, int line, string content)
    {
        if (content.Length > LongestLine)
        {
            throw new InputFileException("LineTooLong", file, line, $"it has {content.Length} characters; {LongestLine} are allowed.");
        }

        if (!content.Contains('"', StringComparison.Ordinal))
        {
            return Array.ConvertAll(content.Split(','), cell => cell.Trim());
        }

        var cells = new List<string>();
        for (var at = 0; at <= content.Length;)
        {
            at = Cell(content, at, out var cell) ?? throw new InputFileException(
                "BadQuote",
                file,
                line,
                $"the quotes of column {cells.Count + 1} do not match: a cell is quoted as a whole, and ends on its line.");
            cells.Add(cell);
        }

        return [.. cells];
    }

    /// <summary>
    /// Reads the cell that begins at <paramref name="at"/>; gives where the next one begins, or null where its quotes are wrong.
    /// </summary>
    private static int? Cell(string content, int at, out string cell)
    {
        var rest = content.AsSpan(at);
        var lead = rest.Length - rest.TrimStart().Length;
        if (lead >= rest.Length || rest[lead] != '"')
        {
            var comma = content.IndexOf(',', at);
            cell = content[at..(comma < 0 ? content.Length : comma)].Trim();
            return cell.Contains('"', StringComparison.Ordinal) ? null : comma < 0 ? content.Length + 1 : comma + 1;
        }

        var text = new StringBuilder();
        cell = "";
        for (var i = at + lead + 1; i < content.Length; i++)
        {
            if (content[i] != '"')
            {
                text.Append(content[i]);
            }
            else if (i + 1 < content.Length && content[i + 1] == '"')
            {
                text.Append('"');
                i++;
            }
            else
            {
                cell = text.ToString().Trim();
                var comma = content.IndexOf(',', i);
                return !content.AsSpan(i + 1, (comma < 0 ? content.Length : comma) - i - 1).IsWhiteSpace() ? null
                    : comma < 0 ? content.Length + 1 : comma + 1;
            }
        }

        return null;
    }
}
