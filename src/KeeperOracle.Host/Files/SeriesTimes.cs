namespace KeeperOracle.Host.Files;

/// <summary>
/// The timestamp column: each after the one before it, and at the usual distance. The usual distance is the median of all; a row is out of
/// step at one and a half times of it and more, or at half and less, so that bars must be complete while feeds that answer a few seconds
/// early or late pass.
/// </summary>
internal static class SeriesTimes
{
    public static DateTimeOffset[] Read(CsvTable table, int column)
    {
        var times = new DateTimeOffset[table.Rows.Count];
        for (var i = 0; i < times.Length; i++)
        {
            var row = table.Rows[i];
            var text = row.Cells[column];
            if (!TimeText.TryParse(text, out times[i]))
            {
                throw table.Refuse(
                    "BadTimestamp",
                    row,
                    $"'{text}' is no time in ISO-8601: write {TimeText.Example} or 2026-01-31 (UTC where no offset is given).");
            }

            if (i > 0 && times[i] == times[i - 1])
            {
                throw table.Refuse("DuplicateTimestamp", row, $"{text} stands on line {table.Rows[i - 1].Line} too: keep one of the two.");
            }

            if (i > 0 && times[i] < times[i - 1])
            {
                throw table.Refuse(
                    "WrongOrder", row, $"{text} is before line {table.Rows[i - 1].Line} ({TimeText.Write(times[i - 1])}): sort the "
                        + "rows, oldest first.");
            }
        }

        return times;
    }

    /// <summary>The median distance; null where there is none.</summary>
    public static TimeSpan? Spacing(DateTimeOffset[] times)
    {
        var distances = times.Skip(1).Zip(times, (later, earlier) => later - earlier).Order().ToArray();
        return distances.Length == 0 ? null : distances[(distances.Length - 1) / 2];
    }

    /// <summary>Every row that is out of step.</summary>
    public static List<SeriesGap> Gaps(CsvTable table, DateTimeOffset[] times, TimeSpan spacing)
    {
        var gaps = new List<SeriesGap>();
        for (var i = 1; i < times.Length; i++)
        {
            var twice = (times[i] - times[i - 1]) * 2;
            if (twice >= spacing * 3 || twice <= spacing)
            {
                gaps.Add(new SeriesGap(table.Rows[i].Line, times[i - 1], times[i], spacing));
            }
        }

        return gaps;
    }

    public static InputFileException Refuse(CsvTable table, IReadOnlyList<SeriesGap> gaps)
    {
        var first = gaps[0];
        var (from, to) = (TimeText.Write(first.From), TimeText.Write(first.To));
        var (found, usual) = (TimeText.Write(first.Found), TimeText.Write(first.Expected));
        var what = first.Found > first.Expected
            ? $"{to} comes {found} after the row before it ({from}), where {usual} is usual: {Rows(first.Missing)} missing"
            : $"{to} comes only {found} after the row before it, where {usual} is usual";
        var more = gaps.Count > 1 ? $" ({gaps.Count - 1} more further down)" : "";
        return new InputFileException(
            "Gap", table.File, first.Line, $"{what}{more}. Mend the file, or take it as it is with --allow-gaps: the move over a gap "
                + "then counts as one return.");
    }

    internal static string Rows(long count) => count == 1 ? "1 row is" : $"{count} rows are";
}
