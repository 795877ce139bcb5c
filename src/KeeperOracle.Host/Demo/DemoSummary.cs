using KeeperOracle.Host.Commands;

namespace KeeperOracle.Host.Demo;

/// <summary>The end of a run as a person reads it.</summary>
internal static class DemoSummary
{
    public static void Print(DemoReport report)
    {
        var output = Console.Out;
        output.WriteLine();
        output.WriteLine($"KeeperOracle demo: {report.Prices}, {report.Hours} hours, two chains, one keeper{(report.KeeperRestarts > 0 ? $" (started again {report.KeeperRestarts} times)" : "")}");
        foreach (var chain in report.Chains)
        {
            output.WriteLine();
            output.WriteLine($"Chain {chain.Name} ({chain.Chain}): {chain.Updates.Select(update => (update.Kind, update.Block)).Distinct().Count()} updates, {chain.Liquidations.Count} liquidations, bad debt {chain.BadDebt}, " +
                $"{chain.LeftAlone} of {chain.Accounts} accounts never touched, {chain.Transactions} transactions, gas {chain.GasUsed:N0} ({chain.GasCost} native)");
            Output.Table(
                ["asset", "price first / lowest / last", "volatility first / peak", "borrow factor first / lowest", "threshold first / lowest"],
                chain.Assets.Select(asset => new[]
                {
                    asset.Symbol,
                    $"{asset.FirstPrice} / {asset.LowestPrice} / {asset.LastPrice}",
                    $"{asset.FirstVolatility} / {asset.PeakVolatility}",
                    $"{asset.FirstBorrowFactor} / {asset.LowestBorrowFactor}",
                    $"{asset.FirstThreshold} / {asset.LowestThreshold}",
                }));
            Output.Table(
                ["report", "epoch", "asset", "volatility", "block", "gas"],
                chain.Updates.Select(update => new[] { update.Kind, $"{update.Epoch}", update.Asset, $"{Display.Short(update.From)} -> {Display.Short(update.To)}", $"{update.Block}", $"{update.Gas:N0}" }));
            Output.Table(
                ["liquidated account", "block", "health before", "after", "repaid", "seized", "gas"],
                chain.Liquidations.Select(liquidation => new[]
                {
                    liquidation.Account,
                    $"{liquidation.Block}",
                    Display.Short(liquidation.HealthBefore),
                    Display.Short(liquidation.HealthAfter),
                    Display.Short(liquidation.Repaid),
                    string.Join(" and ", liquidation.Seized.Select(Display.Short)),
                    $"{liquidation.Gas:N0}",
                }));
            output.WriteLine($"  refused: {string.Join(", ", chain.Refusals.Select(pair => $"{pair.Key} {pair.Value}"))}");
        }

        output.WriteLine();
        output.WriteLine("Expectations:");
        foreach (var expectation in report.Expectations)
        {
            output.WriteLine($"  {(expectation.Held ? "held  " : "FAILED")}  {expectation.Name}: {expectation.Detail}");
        }

        output.WriteLine();
        output.WriteLine($"Replay: {report.Replay}");
        output.WriteLine($"Files: {report.Directory}");
        output.WriteLine($"Why was an account liquidated, or not?  scripts/keeperoracle account explain ACCOUNT -c {DemoConfiguration.Common(report.Directory)} -c {DemoConfiguration.Keeper(report.Directory)}");
        output.WriteLine(report.Passed ? "Every expectation held." : $"{report.Expectations.Count(expectation => !expectation.Held)} expectations FAILED.");
    }
}
