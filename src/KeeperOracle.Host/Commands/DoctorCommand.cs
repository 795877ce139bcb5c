using System.CommandLine;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Chains;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Commands;

internal static class DoctorCommand
{
    public static Command Build()
    {
        var configuration = CommandOptions.Configuration();
        var output = CommandOptions.Output();
        var command = new Command("doctor", "Looks at everything the keeper depends on and says what to mend. Exit code 0 good, 3 must be mended, 4 works with warnings, 6 a node does not answer.")
        {
            configuration,
            output,
        };
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(parsed.GetRequiredValue(configuration), parsed.GetValue(output), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string[] files, OutputFormat format, CancellationToken cancellationToken)
    {
        if (CommandOptions.Load(files, ConfigurationUse.ReadOnly) is not { } options)
        {
            return ExitCode.ConfigurationInvalid;
        }

        var results = new List<CheckResult>();
        var keeper = await KeyAddressAsync(options, options.Keeper.Key, results, cancellationToken);
        var reporter = await KeyAddressAsync(options, options.Keeper.ReportKey, results, cancellationToken);
        var oracle = await KeyAddressAsync(options, options.Oracle.Key, results, cancellationToken);
        var chains = options.Chains.Select(chain => new ChainAccess(chain, TimeProvider.System)).ToList();
        try
        {
            results.AddRange(await StartChecks.AllAsync(chains, options.Quorum, keeper, reporter, oracle, options.Oracle.SurfaceFile is not null, cancellationToken));
        }
        finally
        {
            chains.ForEach(chain => chain.Dispose());
        }

        Output.Write(
            format,
            results,
            ["chain", "check", "status", "found", "what to do"],
            result => [result.Chain, result.Name, StartChecks.Word(result.Status), result.Found, result.Fix]);
        return StartChecks.ExitCodeOf(results);
    }

    private static async Task<Address?> KeyAddressAsync(
        KeeperOracleOptions options, string? name, List<CheckResult> results, CancellationToken cancellationToken)
    {
        if (name is null || options.FindKey(name) is not { } key)
        {
            return null;
        }

        try
        {
            using var opened = await SignerKeys.OpenSignerAsync(key, TimeProvider.System, cancellationToken);
            results.Add(new CheckResult("-", $"key {name}", CheckStatus.Ok, Eip55.Format(opened.Address), ""));
            return opened.Address;
        }
        catch (RpcException problem)
        {
            results.Add(new CheckResult("-", $"key {name}", CheckStatus.Unreachable, problem.Message, $"Start the signer that KeeperOracle:Keys:{key.Name}:Signer names, or correct it."));
            return null;
        }
        catch (KeyFileException problem)
        {
            results.Add(new CheckResult("-", $"key {name}", CheckStatus.Failed, problem.Message, "Correct the file, or name another."));
            return null;
        }
    }
}
