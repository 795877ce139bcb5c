using System.CommandLine;
using KeeperOracle.Host.Chains;
using KeeperOracle.Host.Configuration;
using KeeperOracle.MarginOracle.Snapshots;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Commands;

internal static class AccountCommand
{
    public static Command Build() => new("account", "Accounts of the vaults.") { List(), AccountShowCommand.Build(), AccountExplainCommand.Build() };

    /// <summary>One line of the list. Values in units of account.</summary>
    /// <param name="Health">null without debt, or without a price</param>
    /// <param name="Standing">in words: healthy, no new risk, liquidatable, no debt, no price, no requirement</param>
    private sealed record Row(ChainId Chain, string Account, string? CollateralValue, string Debt, string? Health, string Standing, ulong Block);

    private static Command List()
    {
        var configuration = CommandOptions.Configuration();
        var chain = CommandOptions.Chain();
        var output = CommandOptions.Output();
        var command = new Command("list", "Every account with its health, lowest first, read now at one block of each chain.") { configuration, chain, output };
        command.SetAction((parsed, cancellationToken) =>
            ListAsync(parsed.GetRequiredValue(configuration), parsed.GetValue(chain), parsed.GetValue(output), cancellationToken));
        return command;
    }

    private static async Task<int> ListAsync(string[] files, ulong? only, OutputFormat format, CancellationToken cancellationToken)
    {
        if (CommandOptions.Load(files, ConfigurationUse.ReadOnly) is not { } options)
        {
            return ExitCode.ConfigurationInvalid;
        }

        if (CommandOptions.Select(options, only) is not { } chains)
        {
            return ExitCode.Usage;
        }

        var rows = new List<Row>();
        foreach (var chainOptions in chains)
        {
            using var chain = new ChainAccess(chainOptions, TimeProvider.System);
            var head = await chain.Eth.GetLatestBlockAsync(cancellationToken);
            var snapshot = await new SnapshotReader(chain.Reader, chain.Eth, chain.Addresses, chain.Id)
                .ReadAsync(head.Ref, Address.Zero, cancellationToken);
            rows.AddRange(snapshot.Accounts
                .Select(account => (Account: account, Valuation: Valuation(snapshot, account)))
                .OrderBy(pair => pair.Valuation?.Health is { } health ? health.Raw : System.Numerics.BigInteger.Pow(10, 60))
                .Select(pair => ToRow(snapshot, pair.Account, pair.Valuation)));
        }

        Output.Write(
            format,
            rows,
            ["chain", "account", "collateral", "debt", "health", "standing", "block"],
            row => [row.Chain.ToString(), row.Account, row.CollateralValue ?? "-", row.Debt, row.Health ?? "-", row.Standing, $"{row.Block}"]);
        return ExitCode.Ok;
    }

    private static AccountValuation? Valuation(ChainSnapshot snapshot, AccountSnapshot account) =>
        account.Options.Problem.Length == 0 && SnapshotValuation.UnpricedAsset(snapshot, account) is null
            ? SnapshotValuation.Value(snapshot, account)
            : null;

    private static Row ToRow(ChainSnapshot snapshot, AccountSnapshot account, AccountValuation? valuation) => new(
        snapshot.Chain,
        AccountId.Format(account.Owner, account.Number),
        valuation is null ? null : Display.Money(valuation.CollateralValue),
        Display.Money(Risk.Liquidation.AccountHealth.DebtValue(snapshot.Market.DebtOf(account), snapshot.Market.StableDecimals)),
        valuation?.Health is { } health ? Display.Ratio(health) : null,
        Standing(snapshot, account, valuation),
        snapshot.Block.Number);

    /// <summary>Of one account, in words.</summary>
    internal static string Standing(ChainSnapshot snapshot, AccountSnapshot account) => Standing(snapshot, account, Valuation(snapshot, account));

    private static string Standing(ChainSnapshot snapshot, AccountSnapshot account, AccountValuation? valuation) =>
        account.DebtShares.IsZero && account.Options.Legs == 0 ? "no debt"
        : account.Options.Problem.Length > 0 ? $"no requirement: {account.Options.Problem}"
        : valuation is null ? $"no price for {SnapshotValuation.UnpricedAsset(snapshot, account)!.Symbol}"
        : valuation.Health < Wad.One ? "liquidatable"
        : valuation.InitialHealth < Wad.One ? "no new risk"
        : "healthy";
}
