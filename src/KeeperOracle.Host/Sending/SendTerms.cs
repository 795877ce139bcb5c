using System.Globalization;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Keeper;
using KeeperOracle.Keeper.Sending;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Sending;

/// <summary>Where the price came from by which an action's worth in units of account became wei.</summary>
public enum NativePrice
{
    /// <summary>The chain names no native asset: its highest fee alone is the ceiling.</summary>
    NotConfigured,

    Current,

    /// <summary>It has no price now. At the largest that its feeds could say the worth is the fewest wei, so a profit by it is one by any price.</summary>
    LargestBelievable,

    /// <summary>It is not among the vault's collaterals, or two have its symbol, or it has no price of any kind.</summary>
    Missing,
}

/// <summary>The terms of an action; no request where there are none, with the sentence why.</summary>
public sealed record Terms(SendRequest? Request, NativePrice Price, string Problem);

/// <summary>
/// From a decided action to the terms under which it is sent: lane, cause, deadline, whose nonce, and what it may cost in all. That is its worth in units of
/// account at the snapshot's price of the chain's own coin, rounded down. Without any such price (NativePrice.Missing) reports, tightenings, top-ups, swaps, marks, settlements and approvals go by
/// the chain's highest fee alone, for they protect; a liquidation waits, for nobody could say whether it earns the operator's least.
/// </summary>
/// <param name="chain">its limits, and which collateral is its own coin</param>
/// <param name="keeper">the key with the money; null where nothing is sent</param>
/// <param name="reporter">the key that carries reports; null where it is the same</param>
public sealed class SendTerms(ChainOptions chain, Address? keeper, Address? reporter)
{
    /// <summary>No single transaction may take more.</summary>
    private const ulong MostGas = 30_000_000;

    public Terms Of(Act act, ChainSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(act);
        ArgumentNullException.ThrowIfNull(snapshot);
        var (price, perCoin, problem) = PriceOf(snapshot);
        if (price == NativePrice.Missing && act.Action is Liquidate or TakePortfolio or LiquidateLien)
        {
            return new Terms(null, price, $"NativePriceMissing: {problem}");
        }

        var byFee = chain.MaxFeePerGasWei * MostGas;
        var worth = perCoin is { } known ? Wad.MultiplyDivideDown(act.Worth.Raw, Wad.Scale, known.PerToken.Raw) : byFee;
        return new Terms(
            act.Action switch
            {
                Liquidate liquidate => new SendRequest(act.Purpose, SendPriority.Liquidate, "liquidation", worth, liquidate.Deadline, keeper),
                TakePortfolio take => new SendRequest(act.Purpose, SendPriority.Liquidate, "liquidation", worth, take.Deadline, keeper),
                LiquidateLien take => new SendRequest(act.Purpose, SendPriority.Liquidate, "liquidation", worth, take.Deadline, keeper),
                TopUp topUp => new SendRequest(act.Purpose, SendPriority.Protect, "defence", worth, topUp.Deadline, keeper),
                SwapCollateral swap => new SendRequest(act.Purpose, SendPriority.Protect, "defence", worth, swap.Deadline, keeper),
                RequestLienSwap swap => new SendRequest(act.Purpose, SendPriority.Protect, "defence", worth, swap.Deadline, keeper),
                MarkOutage mark => new SendRequest(act.Purpose, SendPriority.Protect, "defence", worth, mark.Deadline, keeper),
                SubmitReport report => new SendRequest(act.Purpose, SendPriority.Protect, "report", worth, report.Observations.Min(one => one.Deadline), reporter ?? keeper),
                TightenInitial tighten => new SendRequest(act.Purpose, SendPriority.Protect, "report", worth, tighten.Observations.Min(one => one.Deadline), reporter ?? keeper),
                RecordExpiryPrice record => new SendRequest(act.Purpose, SendPriority.Rest, "settlement", worth, record.Deadline, keeper),
                FinaliseExpiry or SettleOptions or CloseExpiry or ClaimWinnings => new SendRequest(act.Purpose, SendPriority.Rest, "settlement", worth, 0, keeper),
                ApproveStable => new SendRequest(act.Purpose, SendPriority.Protect, "funding", worth, 0, keeper),
                _ => throw new ArgumentException($"An action of type {act.Action.GetType().Name} has no terms.", nameof(act)),
            },
            price,
            problem);
    }

    /// <summary>The price of the chain's own coin at a snapshot; the sentence says what is wrong with it.</summary>
    public (NativePrice From, Price? PerCoin, string Problem) PriceOf(ChainSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        if (chain.Sending.NativeAsset is not { } name)
        {
            return (NativePrice.NotConfigured, null, "");
        }

        var found = snapshot.Assets.Where(asset => Eip55.TryParse(name, out var address, out _) ? asset.Token == address : asset.Symbol == name).ToList();
        if (found.Count != 1)
        {
            var listed = string.Join(", ", snapshot.Assets.Select(asset => asset.Symbol));
            return (NativePrice.Missing, null, string.Create(CultureInfo.InvariantCulture, $"{found.Count} of the vault's collaterals ({listed}) are {name}"));
        }

        var asset = found[0];
        return asset.HasPrice() && asset.Price.PerToken.Raw.Sign > 0 ? (NativePrice.Current, asset.Price, "")
            : asset.MaxPrice.PerToken.Raw.Sign > 0
                ? (NativePrice.LargestBelievable, asset.MaxPrice, $"{name} has no price now, and counts at the largest that its feeds could say, {asset.MaxPrice}")
            : (NativePrice.Missing, null, $"{name} has no price");
    }
}
