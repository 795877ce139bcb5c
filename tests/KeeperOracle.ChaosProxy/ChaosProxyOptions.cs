using System.Globalization;

namespace KeeperOracle.ChaosProxy;

/// <summary>What a proxy is started with.</summary>
internal sealed record ChaosProxyOptions
{
    /// <summary>The anvil behind it; http, on loopback.</summary>
    public required Uri Upstream { get; init; }

    /// <summary>Where it listens, on loopback; port 0 lets the system choose. Default 127.0.0.1:0.</summary>
    public int Port { get; init; }

    /// <summary>Seed of the one generator that faults are drawn from. Default 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Rules from the start, as chaos_set takes them; empty for none.</summary>
    public string Rules { get; init; } = "[]";

    /// <summary>How often the proxy looks for a new head when nobody asks it anything. Default 25 ms.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromMilliseconds(25);

    /// <summary>The clock of delays and of the durations of rules.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Reads the command line. Throws <see cref="FormatException"/> with what is wrong.</summary>
    public static ChaosProxyOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new ChaosProxyOptions { Upstream = new Uri("http://127.0.0.1:8545") };
        var hasUpstream = false;
        for (var i = 0; i < arguments.Count; i += 2)
        {
            var value = i + 1 < arguments.Count ? arguments[i + 1] : throw new FormatException($"{arguments[i]} needs a value.");
            options = arguments[i] switch
            {
                "--upstream" => options with { Upstream = ReadUpstream(value) },
                "--listen" => options with { Port = ReadPort(value) },
                "--seed" => options with { Seed = ReadSeed(value) },
                "--rules" => options with { Rules = File.ReadAllText(value) },
                var other => throw new FormatException($"'{other}' is none of --upstream, --listen, --seed, --rules."),
            };
            hasUpstream |= arguments[i] == "--upstream";
        }

        return hasUpstream ? options : throw new FormatException("--upstream is missing: the URL of the anvil behind this proxy.");
    }

    private static Uri ReadUpstream(string value) =>
        Uri.TryCreate(value, UriKind.Absolute, out var url) && url is { Scheme: "http", IsLoopback: true }
            ? url
            : throw new FormatException("--upstream: an http URL on loopback is needed; what this proxy breaks must be nobody else's.");

    private static ulong ReadSeed(string value) =>
        ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seed)
            ? seed
            : throw new FormatException($"--seed: '{value}' is no whole number.");

    private static int ReadPort(string value) =>
        value.StartsWith("127.0.0.1:", StringComparison.Ordinal)
        && ushort.TryParse(value.AsSpan("127.0.0.1:".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            ? port
            : throw new FormatException($"--listen: '{value}' is not 127.0.0.1:PORT.");
}
