using System.CommandLine;

namespace KeeperOracle.Host.Commands;

/// <summary>The whole command line of `keeperoracle`.</summary>
internal static class RootCommandTree
{
    public static RootCommand Build() =>
        new("KeeperOracle: an on-chain DeFi keeper and off-chain margin oracle. Data goes to stdout, logs to stderr.")
        {
            DemoCommand.Build(),
            DoctorCommand.Build(),
            RunCommand.Build(),
            KeeperCommand.Build(),
            OracleCommand.Build(),
            RelayCommand.Build(),
            SignerCommand.Build(),
            KeyCommand.Build(),
            ConfigCommand.Build(),
            AccountCommand.Build(),
            ReplayCommand.Build(),
            MarginCommand.Build(),
            OptionCommand.Build(),
            ParamCommand.Build(),
            RiskCommand.Build(),
            VolCommand.Build(),
        };

    /// <summary>Parses and runs. A wrong command line is said once, with where to look, and ends with the usage code.</summary>
    public static async Task<int> InvokeAsync(string[] arguments)
    {
        var parsed = Build().Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await Console.Error.WriteLineAsync(error.Message);
            }

            await Console.Error.WriteLineAsync($"See `keeperoracle {Path(parsed.CommandResult)}--help`.");
            return ExitCode.Usage;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(20) });
    }

    private static string Path(System.CommandLine.Parsing.CommandResult command) =>
        command.Parent is System.CommandLine.Parsing.CommandResult parent ? Path(parent) + command.Command.Name + " " : "";
}
