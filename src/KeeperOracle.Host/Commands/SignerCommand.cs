using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using KeeperOracle.Host.Chains;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Host.Files;
using KeeperOracle.Host.Signer;
using KeeperOracle.MarginOracle;
using KeeperOracle.MarginOracle.Snapshots;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Commands;

internal static class SignerCommand
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Build() => new("signer", "A process that holds keys and signs only what its policy allows.") { Run(), Policy(), Example() };

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

    private static Command Policy()
    {
        var configuration = CommandOptions.Configuration();
        var listen = new Option<string>("--listen") { Description = "Where the signer will listen: unix:/path or http://127.0.0.1:PORT (which also needs a tokenFile).", DefaultValueFactory = _ => "unix:/run/keeperoracle/signer.sock" };
        var gas = new Option<ulong>("--max-gas") { Description = "The most gas of one transaction.", DefaultValueFactory = _ => 3_000_000 };
        var hour = new Option<int>("--per-hour") { Description = "How many transactions of that size, at the fee ceiling, one hour may hold.", DefaultValueFactory = _ => 20 };
        var skew = new Option<int?>("--clock-skew") { Description = "How far the chain's clock may be from the host's, in seconds; without it that is not looked at." };
        var command = new Command("policy", "Writes the least policy that a configuration's keeper and oracle node need, with the bounds that the contracts have now.")
        {
            configuration, listen, gas, hour, skew,
        };
        command.SetAction((parsed, cancellationToken) => WritePolicyAsync(
            parsed.GetRequiredValue(configuration),
            new PolicyWishes(parsed.GetRequiredValue(listen), parsed.GetValue(gas), parsed.GetValue(hour), parsed.GetValue(skew)),
            cancellationToken));
        return command;
    }

    private static async Task<int> WritePolicyAsync(string[] files, PolicyWishes wishes, CancellationToken cancellationToken)
    {
        if (CommandOptions.Load(files, ConfigurationUse.ReadOnly) is not { } options)
        {
            return ExitCode.ConfigurationInvalid;
        }

        var read = new List<(ChainOptions, ProtocolAddresses, ChainSnapshot)>();
        foreach (var chainOptions in options.Chains)
        {
            using var chain = new ChainAccess(chainOptions, TimeProvider.System);
            var head = await chain.Eth.GetLatestBlockAsync(cancellationToken);
            var snapshot = await new SnapshotReader(chain.Reader, chain.Eth, chain.Addresses, chain.Id).ReadAsync(head.Ref, Address.Zero, cancellationToken);
            read.Add((chainOptions, chain.Addresses, snapshot));
        }

        Console.Out.WriteLine(SignerPolicyWriter.Write(options, read, wishes).ToJsonString(Readable));
        return ExitCode.Ok;
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
