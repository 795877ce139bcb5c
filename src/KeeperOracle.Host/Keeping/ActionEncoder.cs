using KeeperOracle.Chain.Contracts;
using KeeperOracle.Host.OracleNode;
using KeeperOracle.Keeper;
using KeeperOracle.MarginOracle;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Keeping;

/// <summary>A call of a contract: where to, and the bytes.</summary>
public readonly record struct EncodedAction(Address To, byte[] Data);

/// <summary>From what the core decided to the bytes of a call. The core names no contract; this does.</summary>
public static class ActionEncoder
{
    public static EncodedAction Encode(KeeperAction action, ProtocolAddresses addresses, Address stable)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        return action switch
        {
            ApproveStable approve =>
                new EncodedAction(stable, new ERC20.ApproveFunction(addresses.MarginVault, approve.Amount).EncodeCall()),
            Liquidate liquidate => new EncodedAction(
                addresses.MarginVault,
                new MarginVault.LiquidateFunction(
                    liquidate.Account, new LiquidationLimits(liquidate.MaxRepay, liquidate.MinSeized, liquidate.Deadline), []).EncodeCall()),
            TopUp topUp => new EncodedAction(addresses.MarginVault, new MarginVault.TopUpFunction(topUp.Account, topUp.Index).EncodeCall()),
            SwapCollateral swap => new EncodedAction(
                addresses.MarginVault,
                new MarginVault.SwapCollateralFunction(
                    swap.Account, new SwapOrder(swap.TokenIn, swap.TokenOut, swap.FeeMillionths, swap.AmountIn, swap.MinAmountOut, swap.Deadline)).EncodeCall()),
            SubmitReport report => new EncodedAction(
                addresses.RiskOracle, new RiskOracle.SubmitFunction([.. report.Observations.Select(ObservationEncoding.ToSigned)]).EncodeCall()),
            TightenInitial tighten => new EncodedAction(
                addresses.RiskOracle, new RiskOracle.TightenFunction([.. tighten.Observations.Select(ObservationEncoding.ToSigned)]).EncodeCall()),
            _ => throw new ArgumentException($"An action of type {action?.GetType().Name ?? "null"} has no call.", nameof(action)),
        };
    }

    /// <summary>The account an action is about, for counting its failures.</summary>
    public static Hash32? AccountOf(KeeperAction action) => action switch
    {
        Liquidate liquidate => liquidate.Account,
        TopUp topUp => topUp.Account,
        SwapCollateral swap => swap.Account,
        _ => null,
    };
}
