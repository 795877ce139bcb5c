using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>One `demo` process and the directory of its run.</summary>
internal sealed partial class DemoPlay : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private DemoPlay(ProductProcess process) => Process = process;

    public ProductProcess Process { get; }

    public static DemoPlay Start(params string[] arguments) =>
        new(ProductProcess.Start(["demo", "--root", RepositoryFiles.Root, .. arguments], under: ["setsid"]));

    public Task<ProductResult> EndAsync() => Process.EndAsync(Limit);

    /// <summary>The run's own directory: its name ends with the process's number.</summary>
    public string Directory => System.IO.Directory.GetDirectories(RepositoryFiles.PathOf("artifacts", "demo"), $"*-{Process.Id}").Single();

    public bool HasDirectory => System.IO.Directory.Exists(RepositoryFiles.PathOf("artifacts", "demo"))
        && System.IO.Directory.GetDirectories(RepositoryFiles.PathOf("artifacts", "demo"), $"*-{Process.Id}").Length == 1;

    public string FileOf(string name) => Path.Combine(Directory, name);

    /// <summary>The hours it has played so far.</summary>
    public int HoursPlayed => Hour().Matches(Process.Errors).LastOrDefault() is { } last
        ? int.Parse(last.Groups[1].Value, CultureInfo.InvariantCulture)
        : 0;

    /// <summary>Processes that work in the run's directory or have it on their command line, and ports of the run that still answer.</summary>
    public IReadOnlyList<string> Leftovers()
    {
        var directory = Directory;
        var found = new List<string>();
        foreach (var entry in System.IO.Directory.GetDirectories("/proc").Where(entry => int.TryParse(Path.GetFileName(entry), out _)))
        {
            try
            {
                var command = File.ReadAllText(Path.Combine(entry, "cmdline")).Replace('\0', ' ');
                var workingDirectory = new DirectoryInfo(Path.Combine(entry, "cwd")).LinkTarget ?? "";
                if (command.Contains(directory, StringComparison.Ordinal) || workingDirectory.StartsWith(directory, StringComparison.Ordinal))
                {
                    found.Add($"{Path.GetFileName(entry)}: {command}");
                }
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // It ended while it was looked at, or is somebody else's.
            }
        }

        found.AddRange(Ports().Where(IsOpen).Select(port => $"port {port} still answers"));
        return found;
    }

    /// <summary>
    /// Removes the run's files after a search for its secrets in them; only a run that went well is removed, so that a failure can be looked into.
    /// </summary>
    public void Clean()
    {
        Assert.Empty(Canaries.InFolder(Directory));
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();

    public static string FailuresOf(JsonElement report) => string.Join('\n', report.GetProperty("expectations").EnumerateArray()
        .Where(expectation => !expectation.GetProperty("held").GetBoolean())
        .Select(expectation => $"{expectation.GetProperty("name")}: {expectation.GetProperty("detail")}"));

    public static int LiquidationsOf(JsonElement report, int chain) => report.GetProperty("chains")[chain].GetProperty("liquidations").GetArrayLength();

    private IEnumerable<int> Ports()
    {
        if (!File.Exists(FileOf("common.json")))
        {
            return [];
        }

        return System.IO.Directory.GetFiles(Directory, "*.json").SelectMany(file => Loopback().Matches(File.ReadAllText(file)))
            .Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)).Distinct();
    }

    private static bool IsOpen(int port)
    {
        try
        {
            using var client = new TcpClient("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"demo: hour +(\d+)")]
    private static partial Regex Hour();

    [GeneratedRegex(@"http://127\.0\.0\.1:(\d+)")]
    private static partial Regex Loopback();
}
