using System.Text;

namespace KeeperOracle.Host.Reports;

/// <summary>
/// A time plot as inline SVG. Every line is reduced to the lowest and highest value of each of at most so many columns, so that its size
/// does not grow with the history and no peak is lost; marks are drawn one by one. Colours and dashes come from the page's style by class,
/// so that light and dark are its matter, and lines differ by dash as well as by colour.
/// </summary>
internal sealed class ReportPlot
{
    private const int Left = 46;
    private const int Top = 10;
    private const int Bottom = 24;
    private readonly StringBuilder _svg = new();
    private readonly int _width, _height, _right, _columns, _count;
    private readonly double _highest;

    /// <param name="count">periods along the axis</param>
    /// <param name="highest">top of the value axis, which begins at zero</param>
    /// <param name="description">what is seen, for those who do not see it</param>
    public ReportPlot(int width, int height, int right, int columns, int count, double highest, string description)
    {
        (_width, _height, _right, _columns, _count) = (width, height, right, columns, count);
        var step = NiceStep(highest);
        _highest = step * Math.Max(1, Math.Ceiling(highest / step));
        _svg.Add($"<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{Html.Text(description)}\">");
        for (var value = 0.0; value <= _highest * 1.0001; value += step)
        {
            var y = Y(value);
            _svg.Add($"<path class=\"grid\" d=\"M{Left} {y}H{width - right}\"/>");
            _svg.Add($"<text class=\"tick\" x=\"{Left - 6}\" y=\"{y}\" dy=\".32em\" text-anchor=\"end\">{value * 100:0.##} %</text>");
        }
    }

    /// <summary>
    /// The period axis: the first period of each year where the labels are dates (of every other year or fewer in a long history), else the
    /// two ends.
    /// </summary>
    public void Axis(IReadOnlyList<string> labels)
    {
        var years = Enumerable.Range(1, labels.Count - 1).Where(t => Year(labels[t]) is { } year && year != Year(labels[t - 1])).ToList();
        var isByYear = years.Count >= 2;
        var every = 1 + (years.Count / 10);
        foreach (var t in isByYear ? years.Where((_, i) => i % every == 0) : [0, labels.Count - 1])
        {
            var anchor = t == 0 ? "start" : t == labels.Count - 1 ? "end" : "middle";
            _svg.Add($"<path class=\"grid\" d=\"M{X(t)} {Top}V{_height - Bottom}\"/>");
            var label = isByYear ? Year(labels[t])! : labels[t];
            _svg.Add($"<text class=\"tick\" x=\"{X(t)}\" y=\"{_height - 8}\" text-anchor=\"{anchor}\">{Html.Text(label)}</text>");
        }
    }

    /// <summary>A line through all periods.</summary>
    public void Line(string style, double[] values)
    {
        _svg.Add($"<path class=\"line {style}\" d=\"");
        var command = 'M';
        foreach (var t in Extremes(values))
        {
            _svg.Add($"{command}{X(t)} {Y(values[t])}");
            command = 'L';
        }

        _svg.Append("\"/>");
    }

    /// <summary>Names of lines at the right edge, each as near to its line's end as the others allow.</summary>
    public void Names(IEnumerable<(string Style, string Name, double Last)> lines)
    {
        var y = double.NegativeInfinity;
        foreach (var (style, name, last) in lines.OrderByDescending(line => line.Last))
        {
            y = Math.Max(y + 15, Y(last));
            _svg.Add($"<path class=\"line {style}\" d=\"M{_width - _right + 4} {y}h18\"/>")
                .Add($"<text class=\"name\" x=\"{_width - _right + 26}\" y=\"{y}\" dy=\".32em\">{Html.Text(name)}</text>");
        }
    }

    /// <summary>Stems from zero: the largest value of each column; values under zero are left out.</summary>
    public void Stems(string style, double[] values)
    {
        _svg.Add($"<path class=\"{style}\" d=\"");
        foreach (var (from, to) in Buckets(values.Length))
        {
            var t = from;
            for (var i = from; i < to; i++)
            {
                t = values[i] > values[t] ? i : t;
            }

            if (values[t] > 0)
            {
                _svg.Add($"M{X(t)} {Y(0)}V{Y(values[t])}");
            }
        }

        _svg.Append("\"/>");
    }

    /// <summary>A small diamond at each of these periods.</summary>
    public void Marks(string style, IEnumerable<int> periods, double[] values)
    {
        _svg.Add($"<path class=\"{style}\" d=\"");
        foreach (var t in periods)
        {
            _svg.Add($"M{X(t)} {Y(values[t]) - 4}l4 4l-4 4l-4-4z");
        }

        _svg.Append("\"/>");
    }

    public string Finish() => _svg.Append("</svg>").ToString();

    private IEnumerable<int> Extremes(double[] values)
    {
        foreach (var (from, to) in Buckets(values.Length))
        {
            var (low, high) = (from, from);
            for (var t = from; t < to; t++)
            {
                low = values[t] < values[low] ? t : low;
                high = values[t] > values[high] ? t : high;
            }

            yield return Math.Min(low, high);
            if (low != high)
            {
                yield return Math.Max(low, high);
            }
        }
    }

    private IEnumerable<(int From, int To)> Buckets(int count)
    {
        var columns = Math.Min(_columns, count);
        for (var i = 0; i < columns; i++)
        {
            yield return ((int)((long)count * i / columns), (int)((long)count * (i + 1) / columns));
        }
    }

    private double X(int t) => Math.Round(Left + ((_width - Left - _right) * (double)t / Math.Max(1, _count - 1)), 1);

    private double Y(double value) => Math.Round(_height - Bottom - ((_height - Top - Bottom) * Math.Min(value, _highest) / _highest), 1);

    private static string? Year(string label) => label.Length >= 10 && label[4] == '-' ? label[..4] : null;

    /// <summary>1, 2 or 5 times a power of ten, giving four to six steps.</summary>
    private static double NiceStep(double highest)
    {
        if (!(highest > 0))
        {
            return 1;
        }

        var step = 1.0;
        while (step > highest / 4)
        {
            step /= 10;
        }

        while (step * 10 <= highest / 4)
        {
            step *= 10;
        }

        return (highest / step) switch { <= 5 => step, <= 10 => 2 * step, <= 25 => 5 * step, _ => 10 * step };
    }
}
