using System.CommandLine;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Host.OracleNode;

namespace KeeperOracle.Host.Commands;

internal static class OracleCommand
{
    public static Command Build()
    {
        var configuration = CommandOptions.Configuration();
        var run = new Command("run", "Runs an oracle node: observes every configured chain by itself and signs what it finds.") { configuration };
        run.SetAction(async (parsed, cancellationToken) =>
            CommandOptions.Load(parsed.GetRequiredValue(configuration), ConfigurationUse.Oracle) is { } options
                ? await OracleHost.RunAsync(options, TimeProvider.System, cancellationToken)
                : ExitCode.ConfigurationInvalid);
        return new Command("oracle", "Oracle nodes.") { run };
    }
}
