using System.CommandLine;

namespace KeeperOracle.Host.Commands;

internal static class VolCommand
{
    public static Command Build() => new("vol", "Volatility of a history in a file.")
    {
        VolShowCommand.Build(),
        VolFitCommand.Build(),
        VolBacktestCommand.Build(),
    };
}
