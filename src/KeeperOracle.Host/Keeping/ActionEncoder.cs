using KeeperOracle.Chain.Contracts;
using KeeperOracle.Host.OracleNode;
using KeeperOracle.Keeper;
using KeeperOracle.MarginOracle;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Keeping;

/// <summary>A call of a contract: where to, and the bytes.</summary>
public readonly record struct EncodedAction(Address To, byte[] Data);

/// <summary>From what the core decided to the bytes of a call. The core names no contract; this does.</summary>
public static class ActionEncoder
{
    public static EncodedAction Encode(KeeperAction action, ProtocolAddresses addresses, MarketSnapshot market)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        ArgumentNullException.ThrowIfNull(market);
        return action switch
        {
            ApproveStable approve =>
                new EncodedAction(market.Stable, new ERC20.ApproveFunction(addresses.MarginVault, approve.Amount).EncodeCall()),
            Liquidate liquidate => new EncodedAction(
                addresses.MarginVault,
                new MarginVault.LiquidateFunction(
                    liquidate.Account, new LiquidationLimits(liquidate.MaxRepay, liquidate.MinSeized, liquidate.Deadline), []).EncodeCall()),
            TakePortfolio take => new EncodedAction(
                addresses.MarginVault,
                new MarginVault.LiquidatePortfolioFunction(
                    take.Account, take.Taker, new PortfolioLimits(take.MaxPayment, take.MaxFraction.Raw, take.Deadline)).EncodeCall()),
            LiquidateLien take => new EncodedAction(
                addresses.MarginVault,
                new MarginVault.LiquidateLienFunction(
                    take.Account, new LienLimits(take.Lien, take.MaxRepay, take.MinUnits, take.Recipient, take.Deadline)).EncodeCall()),
            TopUp topUp => new EncodedAction(addresses.MarginVault, new MarginVault.TopUpFunction(topUp.Account, topUp.Index).EncodeCall()),
            SwapCollateral swap => new EncodedAction(
                addresses.MarginVault,
                new MarginVault.SwapCollateralFunction(
                    swap.Account, new SwapOrder(swap.TokenIn, swap.TokenOut, swap.FeeMillionths, swap.AmountIn, swap.MinAmountOut, swap.Deadline)).EncodeCall()),
            RequestLienSwap swap => new EncodedAction(market.MarginHub, new MarginHub.RequestSwapByMandateFunction(swap.Lien, swap.Units).EncodeCall()),
            MarkOutage mark => new EncodedAction(addresses.OracleHub, new OracleHub.MarkOutageFunction(mark.Asset).EncodeCall()),
            RecordExpiryPrice record => new EncodedAction(market.OptionBook, new OptionBook.RecordObservationFunction(record.Underlying, record.Expiry).EncodeCall()),
            FinaliseExpiry { FallbackRound.IsZero: true } median => new EncodedAction(market.OptionBook, new OptionBook.FinaliseFunction(median.Underlying, median.Expiry).EncodeCall()),
            FinaliseExpiry fallback => new EncodedAction(
                market.OptionBook, new OptionBook.FinaliseFromFallbackFunction(fallback.Underlying, fallback.Expiry, fallback.FallbackRound).EncodeCall()),
            SettleOptions settle => new EncodedAction(market.OptionBook, new OptionBook.SettleFunction(settle.Account, settle.Underlying, settle.Expiry).EncodeCall()),
            CloseExpiry close => new EncodedAction(market.OptionBook, new OptionBook.CloseFunction(close.Underlying, close.Expiry).EncodeCall()),
            ClaimWinnings claim => new EncodedAction(market.OptionBook, new OptionBook.ClaimFunction(claim.Account, claim.Underlying, claim.Expiry).EncodeCall()),
            SubmitReport report => new EncodedAction(
                addresses.RiskOracle, new RiskOracle.SubmitFunction([.. report.Observations.Select(ObservationEncoding.ToSigned)]).EncodeCall()),
            TightenInitial tighten => new EncodedAction(
                addresses.RiskOracle, new RiskOracle.TightenFunction([.. tighten.Observations.Select(ObservationEncoding.ToSigned)]).EncodeCall()),
            _ => throw new ArgumentException($"An action of type {action?.GetType().Name ?? "null"} has no call.", nameof(action)),
        };
    }

    /// <summary>The account an action is about, for counting its failures; those of a settlement hold back no other action on it.</summary>
    public static Hash32? AccountOf(KeeperAction action) => action switch
    {
        Liquidate liquidate => liquidate.Account,
        TakePortfolio take => take.Account,
        LiquidateLien take => take.Account,
        TopUp topUp => topUp.Account,
        SwapCollateral swap => swap.Account,
        RequestLienSwap swap => swap.Account,
        _ => null,
    };
}
