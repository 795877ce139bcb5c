using System.CommandLine;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Host.Keeping;

namespace KeeperOracle.Host.Commands;

internal static class RunCommand
{
    public static Command Build()
    {
        var configuration = CommandOptions.Configuration();
        var adopt = new Option<bool>("--adopt-nonce")
        {
            Description = "Take the chain's nonce where the journal is behind it. Only when nothing of this key can still be in flight.",
        };
        var standby = new Option<bool>("--standby")
        {
            Description = "Where another keeper has the journal, wait, and go on in its place when it has ended or its lease has run out.",
        };
        var command = new Command("run", "Runs the keeper: reads every configured chain, decides, and in Mode active acts.") { configuration, adopt, standby };
        command.SetAction(async (parsed, cancellationToken) =>
            CommandOptions.Load(parsed.GetRequiredValue(configuration), ConfigurationUse.Keeper) is { } options
                ? await KeeperHost.RunAsync(options, parsed.GetValue(adopt), parsed.GetValue(standby), TimeProvider.System, cancellationToken)
                : ExitCode.ConfigurationInvalid);
        return command;
    }
}
