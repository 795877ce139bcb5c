using KeeperOracle.Chain.Contracts;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.CrossChain;

namespace KeeperOracle.Host.Story;

/// <summary>What Alice's lien counts for on B, by the formula in C# from what the chain attests.</summary>
/// <param name="Inputs">by name, for whoever works it out again</param>
internal sealed record LienWorth(object Inputs, double InitialHaircut, double Initial, double Maintenance)
{
    /// <returns>the hub's own initial capacity, the same computed here, and the age in seconds since the header was seen</returns>
    public static async Task<(double OnChain, LienWorth Expected, double Age)> OfAsync(StoryCast cast, CancellationToken cancellationToken)
    {
        var (hub, risk) = (cast.B.CrossChain.MarginHub, cast.B.Deployment.Addresses.RiskOracle);
        var capacity = await cast.B.CallAsync(hub, new MarginHub.CapacityOfFunction(cast.Account), cancellationToken);
        var lien = await cast.B.CallAsync(hub, new MarginHub.LienOfFunction(cast.Lien.Key), cancellationToken);
        var source = await cast.B.CallAsync(hub, new MarginHub.SourceChainOfFunction(cast.A.Chain.Id.Value), cancellationToken);
        var factors = await cast.B.CallAsync(risk, new RiskOracle.FactorsFunction(cast.Weth.Token), cancellationToken);
        var age = await cast.B.NowAsync(cancellationToken) - (double)lien.ObservedAt;
        double Plain(System.Numerics.BigInteger value) => new Wad(value).ToDouble();
        var (units, price) = (Plain(lien.Counted), cast.Prices.Weth);
        var collateral = new ChainCollateral(
            "WETH", units, price, Plain(factors.LiquidationThreshold), Plain(factors.BorrowFactor), Plain(factors.MaintenanceVolatility), Plain(factors.InitialVolatility));
        var worth = RemoteCapacity.Of(units * price, collateral, age, source.FinalityLag);
        var inputs = new
        {
            units,
            price,
            borrowFactor = collateral.BorrowFactor,
            volatility = collateral.InitialVolatility,
            ageSeconds = RemoteCapacity.CountedAge(age, source.FinalityLag),
        };
        return (Plain(capacity.Initial), new LienWorth(inputs, worth.InitialHaircut, worth.Initial, worth.Maintenance), inputs.ageSeconds);
    }
}
