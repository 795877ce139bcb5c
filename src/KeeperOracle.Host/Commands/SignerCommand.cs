using System.CommandLine;
using KeeperOracle.Host.Files;
using KeeperOracle.Host.Signer;

namespace KeeperOracle.Host.Commands;

internal static class SignerCommand
{
    public static Command Build() => new("signer", "A process that holds keys and signs only what its policy allows.") { Run(), Example() };

    private static Command Run()
    {
        var file = new Option<string>("--policy") { Description = "The policy: JSON with comments. `keeperoracle signer example` prints one with every key.", HelpName = "FILE", Required = true };
        var command = new Command("run", "Answers eth_accounts, eth_signTransaction and eth_signTypedData over a Unix socket or loopback, inside its policy.") { file };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                return await SignerHost.RunAsync(SignerPolicyFile.Read(parsed.GetRequiredValue(file)), TimeProvider.System, cancellationToken);
            }
            catch (InputFileException refused)
            {
                FileCommand.WriteRefusals(OutputFormat.Table, refused);
                return ExitCode.ConfigurationInvalid;
            }
        });
        return command;
    }

    private static Command Example()
    {
        var command = new Command("example", "Prints a policy with every key explained.");
        command.SetAction(_ =>
        {
            using var stream = typeof(SignerPolicy).Assembly.GetManifestResourceStream("KeeperOracle.Host.Signer.policy.example.jsonc")!;
            using var reader = new StreamReader(stream);
            Console.Out.Write(reader.ReadToEnd());
            return ExitCode.Ok;
        });
        return command;
    }
}
