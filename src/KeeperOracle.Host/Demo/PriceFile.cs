using System.Globalization;
using System.IO.Compression;

namespace KeeperOracle.Host.Demo;

/// <summary>A price file that cannot be used, with the line and what is wrong there.</summary>
public sealed class PriceFileException(string message) : Exception(message);

/// <summary>Reads prices from CSV, also gzipped: columns timestamp and price, or timestamp and close (ISO-8601 UTC), in order of time.</summary>
internal static class PriceFile
{
    public readonly record struct Row(DateTimeOffset Time, double Price);

    public static List<Row> Read(string file)
    {
        try
        {
            using var stream = File.OpenRead(file);
            using var unpacked = file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(stream, CompressionMode.Decompress) : (Stream)stream;
            using var reader = new StreamReader(unpacked);
            return Read(file, reader);
        }
        catch (Exception problem) when (problem is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new PriceFileException($"{file}: {problem.Message}");
        }
    }

    private static List<Row> Read(string file, StreamReader reader)
    {
        var header = (reader.ReadLine() ?? throw new PriceFileException($"{file} is empty.")).Split(',');
        var time = Array.IndexOf(header, "timestamp");
        var price = Array.IndexOf(header, "price") is var found and >= 0 ? found : Array.IndexOf(header, "close");
        if (time < 0 || price < 0)
        {
            throw new PriceFileException($"{file}, line 1: a column 'timestamp' and one of 'price' or 'close' are needed; it has {string.Join(", ", header)}.");
        }

        var rows = new List<Row>();
        for (var line = 2; reader.ReadLine() is { } text; line++)
        {
            var cells = text.Split(',');
            if (cells.Length != header.Length)
            {
                throw new PriceFileException($"{file}, line {line}: {cells.Length} columns, the header has {header.Length}.");
            }

            if (!DateTimeOffset.TryParse(cells[time], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at))
            {
                throw new PriceFileException($"{file}, line {line}: '{cells[time]}' is no time in ISO-8601.");
            }

            if (!double.TryParse(cells[price], NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !double.IsFinite(value) || value <= 0)
            {
                throw new PriceFileException($"{file}, line {line}: '{cells[price]}' is no price over zero.");
            }

            if (rows.Count > 0 && at <= rows[^1].Time)
            {
                throw new PriceFileException($"{file}, line {line}: {cells[time]} is not after the line before it.");
            }

            rows.Add(new Row(at, value));
        }

        return rows;
    }
}
