using System.CommandLine;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Host.Relay;

namespace KeeperOracle.Host.Commands;

internal static class RelayCommand
{
    public static Command Build()
    {
        var configuration = CommandOptions.Configuration();
        var adopt = new Option<bool>("--adopt-nonce")
        {
            Description = "Take the chain's nonce where the journal is behind it. Only when nothing of this key can still be in flight.",
        };
        var run = new Command("run", "Runs a relay: carries attested headers and storage proofs over every configured link, and sends what waits for them.") { configuration, adopt };
        run.SetAction(async (parsed, cancellationToken) =>
            CommandOptions.Load(parsed.GetRequiredValue(configuration), ConfigurationUse.Relay) is { } options
                ? await RelayHost.RunAsync(options, parsed.GetValue(adopt), TimeProvider.System, cancellationToken)
                : ExitCode.ConfigurationInvalid);
        return new Command("relay", "Relays between chains.") { run };
    }
}
