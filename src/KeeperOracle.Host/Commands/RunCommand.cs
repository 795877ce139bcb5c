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
        var command = new Command("run", "Runs the keeper: reads every configured chain, decides, and in Mode active acts.") { configuration, adopt };
        command.SetAction(async (parsed, cancellationToken) =>
            CommandOptions.Load(parsed.GetRequiredValue(configuration), ConfigurationUse.Keeper) is { } options
                ? await KeeperHost.RunAsync(options, parsed.GetValue(adopt), TimeProvider.System, cancellationToken)
                : ExitCode.ConfigurationInvalid);
        return command;
    }
}
