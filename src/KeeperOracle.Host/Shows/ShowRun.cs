using KeeperOracle.Host.Commands;

namespace KeeperOracle.Host.Shows;

/// <summary>
/// Plays a show. As a table each step is printed when it is done; as JSON all of it is at the end. While a show takes longer than two
/// seconds a line every two seconds says where it is.
/// </summary>
internal static class ShowRun
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <param name="output">for the data</param>
    /// <param name="progress">for people who wait</param>
    /// <returns>an exit code: failed where a step does not hold</returns>
    /// <exception cref="OperationCanceledException">asked for between two steps</exception>
    public static int Run(
        Show show, OutputFormat format, TextWriter output, TextWriter progress, TimeProvider time, CancellationToken cancellationToken)
    {
        var steps = new List<ShowStep>();
        var started = time.GetTimestamp();
        var text = format == OutputFormat.Table ? new ShowText(output) : null;
        text?.Begin(show);
        using (time.CreateTimer(_ => progress.WriteLine(Place()), null, Patience, Patience))
        {
            foreach (var step in show.Play())
            {
                cancellationToken.ThrowIfCancellationRequested();
                steps.Add(step);
                text?.Write(steps.Count, step);
            }
        }

        var report = new ShowReport(show.System, show.Title, steps);
        if (text is not null)
        {
            text.End(report);
        }
        else
        {
            Output.Json(report, output, indented: format == OutputFormat.Json);
        }

        return report.Passed ? ExitCode.Ok : ExitCode.Failed;

        string Place() => $"demo: system {show.System}, step {steps.Count + 1}, {time.GetElapsedTime(started).TotalSeconds:N0} s so far";
    }
}
