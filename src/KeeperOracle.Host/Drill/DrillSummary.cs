using System.Globalization;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Commands;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Drill;

/// <summary>A drill as a person reads it.</summary>
internal static class DrillSummary
{
    private const int LeftShown = 50;

    public static void Print(DrillReport report)
    {
        var output = Console.Out;
        output.WriteLine();
        output.WriteLine($"Drill of chain {report.Name} ({report.Chain}), forked at block {report.Fork.Block} of node {report.Fork.Node}; {report.BlockSeconds} s a block");
        Output.Table(
            ["asset", "shock", "price before", "after", "feeds moved", "left as they are"],
            report.Assets.Select(asset => new[]
            {
                asset.Symbol,
                asset.Shock ?? "none",
                Money(asset.PriceBefore),
                asset.PriceAfter is { } after && after.PerToken > Wad.Zero ? Money(after) : $"none ({asset.Status})",
                $"{asset.Feeds.Count(feed => feed.After is not null)} of {asset.Feeds.Count}",
                Words(asset.Feeds.Where(feed => feed.Note is not null).Select(feed => $"{feed.Role}: {feed.Note}")),
            }));
        Counts(report, output);
        if (report.Clearing.Timeline.Count > 1)
        {
            Output.Table(
                ["block after the shock", "chain seconds", "accounts under health 1", "liquidations so far"],
                report.Clearing.Timeline.Select(block => new[] { $"{block.After}", $"{block.ChainSeconds}", $"{block.UnderOne}", $"{block.Liquidations}" }));
        }

        Left(report, output);
        Live(report, output);
    }

    private static void Counts(DrillReport report, TextWriter output)
    {
        var (liquidations, gas, clearing, debt, means) = (report.Liquidations, report.Gas, report.Clearing, report.BadDebt, report.Means);
        output.WriteLine($"  liquidatable     {report.Liquidatable} of {report.Accounts} accounts under health 1 after the shock ({report.HealthUnderOneBefore} before it), debt {Display.Short(report.LiquidatableDebt)}");
        output.WriteLine($"  liquidations     {liquidations.Succeeded} of {liquidations.Attempted} attempted succeeded{(liquidations.SuccessRate is { } rate ? $" ({Display.Percent(rate)})" : "")}, of {liquidations.Accounts} accounts; repaid {Display.Short(liquidations.Repaid)}, seized {Words(liquidations.Seized.Select(seized => Display.Short($"{seized.Amount} {seized.Symbol}")))}");
        foreach (var other in liquidations.Unsuccessful)
        {
            output.WriteLine($"                   {other.Count} x {other.Name}, such as: {other.Example}");
        }

        if (report.TopUps > 0)
        {
            output.WriteLine($"  top-ups          {report.TopUps} standing orders of accounts were executed before or instead");
        }

        output.WriteLine($"  gas              {gas.Used.ToString("N0", CultureInfo.InvariantCulture)} in {gas.Transactions} transactions ({gas.Reverted} reverted): {gas.Cost} of the chain's coin{(gas.CostValue is { } value ? $", worth {Display.Money(value)}" : "")}");
        output.WriteLine($"  time to clear    {Time(clearing)}");
        output.WriteLine($"  bad debt         {Display.Short(debt.Realised)} written off (insurance {Display.Short(debt.ByInsurance)}, reserve {Display.Short(debt.ByReserve)}, lenders {Display.Short(debt.ByLenders)}); {(debt.Uncovered == 0 ? "nobody still owes more than there is behind it" : $"{debt.Uncovered} accounts still owe {Display.Money(debt.DebtOverCollateral)} more than there is behind them")}");
        output.WriteLine($"  stable tokens    {(means.From.Count == 0 ? "none: the configuration names no keeper, and there is no --funds-of" : $"{Display.Short(means.Stable)} of {string.Join(", ", means.From.Select(Eip55.Format))}, {Display.Short(means.StableLeft)} at the end")}; {(means.StableMissing == "0" ? "enough" : $"at least {Display.Short(means.StableMissing)} more would have been needed")}");
        if (report.Unvalued > 0)
        {
            output.WriteLine($"  not valued       {report.Unvalued} accounts whose options have no requirement now");
        }
    }

    private static string Time(ClearingTime clearing)
    {
        var last = clearing.Blocks is { } blocks ? $"the last liquidation in block {blocks} after the shock ({clearing.ChainSeconds} s of chain time)" : "no liquidation";
        var end = clearing.End switch
        {
            DrillEnd.Cleared => "nobody is left under health 1",
            DrillEnd.NothingMoves => "then nothing moved any more",
            DrillEnd.BlockLimit => "ended by --max-blocks",
            _ => throw new ArgumentOutOfRangeException(nameof(clearing), clearing.End, "No such end."),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{last}, {end}; {clearing.HostSeconds:0.0} s on this machine");
    }

    private static void Left(DrillReport report, TextWriter output)
    {
        if (report.Left.Count == 0)
        {
            return;
        }

        output.WriteLine();
        output.WriteLine($"  {report.Left.Count} accounts are left under health 1: {string.Join(", ", report.Left.GroupBy(left => left.Reason).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => $"{group.Key} {group.Count()}"))}");
        Output.Table(
            ["account", "health", "debt", "collateral", "why it is left", "in the keeper's words"],
            report.Left.Take(LeftShown).Select(left => new[]
            {
                left.Account, left.Health is { } health ? Display.Ratio(health) : "-", Display.Short(left.Debt), Display.Money(left.CollateralValue), left.Reason, left.Detail,
            }));
        if (report.Left.Count > LeftShown)
        {
            output.WriteLine($"  … and {report.Left.Count - LeftShown} more; -o json has them all");
        }
    }

    private static void Live(DrillReport report, TextWriter output)
    {
        var live = report.Live;
        output.WriteLine();
        output.WriteLine($"  The live chain was only read: {live.Asked.Values.Sum()} questions of {live.Asked.Count} reading methods, {live.TurnedAway.Values.Sum()} others turned away. " +
            $"{(live.ForkBlockStands ? $"Block {report.Fork.Block} is there as before" : $"Block {report.Fork.Block} IS NOT THERE any more")}, its head went from {live.HeadBefore} to {live.HeadAfter}; " +
            $"the drill's key {Eip55.Format(report.Means.Signer)} has sent {live.SignerNonce} transactions there.");
        if (report.Kept is { } folder)
        {
            output.WriteLine($"  Kept in {folder}: account explain and replay read its journal with -c {Path.Combine(folder, DrillRun.ConfigurationFile(report.Chain))} after the other files.");
        }
    }

    private static string Money(Price price) => Display.Money(price.PerToken);

    private static string Words(IEnumerable<string> words) => string.Join(", ", words) is { Length: > 0 } text ? text : "nothing";
}
