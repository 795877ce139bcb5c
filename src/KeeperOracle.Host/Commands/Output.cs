using System.Text.Json;
using KeeperOracle.Keeper;
using Spectre.Console;

namespace KeeperOracle.Host.Commands;

/// <summary>Data on stdout: a table for people, JSON for programs.</summary>
internal static class Output
{
    private const int RedirectedWidth = 240;
    private static readonly JsonSerializerOptions Indented = new(KeeperJson.Options) { WriteIndented = true };

    public static void Json<T>(T value) => Json(value, Console.Out, indented: true);

    public static void Json<T>(T value, TextWriter to, bool indented) =>
        to.WriteLine(JsonSerializer.Serialize(value, indented ? Indented : KeeperJson.Options));

    public static void Write<T>(OutputFormat format, IReadOnlyList<T> rows, IReadOnlyList<string> columns, Func<T, IReadOnlyList<string>> cells)
    {
        switch (format)
        {
            case OutputFormat.Json:
                Json(rows);
                break;
            case OutputFormat.Ndjson:
                foreach (var row in rows)
                {
                    Console.Out.WriteLine(JsonSerializer.Serialize(row, KeeperJson.Options));
                }

                break;
            case OutputFormat.Table:
                Table(columns, rows.Select(cells));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(format), format, "No such format.");
        }
    }

    public static void Table(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(Markup.Escape(column)));
        }

        foreach (var row in rows)
        {
            table.AddRow([.. row.Select(cell => new Text(cell))]);
        }

        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = RedirectedWidth; // a file or a pipe has no edge to wrap at
        }

        AnsiConsole.Write(table);
    }
}
