using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Demo;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.CrossChain;

namespace KeeperOracle.Host.Story;

/// <summary>One of Alice's two liens on A: what counts of it on B, and what it counts by.</summary>
/// <param name="Units">whole tokens</param>
/// <param name="AgeSeconds">since the header was seen that shows it, at least the lag</param>
internal sealed record LienPart(
    double Units, double Price, double Threshold, double BorrowFactor, double Volatility, double InitialVolatility, double AgeSeconds, double FinalityLag)
{
    public RemoteCapacity Counts() => RemoteCapacity.Of(
        Units * Price, new ChainCollateral("", Units, Price, Threshold, BorrowFactor, Volatility, InitialVolatility), AgeSeconds, FinalityLag);
}

/// <summary>What Alice's liens count for on B, by the formula in C# from what the chain attests.</summary>
internal sealed record LienWorth(LienPart Weth, LienPart Usdt)
{
    public double Initial => Weth.Counts().Initial + Usdt.Counts().Initial;

    public double Maintenance => Weth.Counts().Maintenance + Usdt.Counts().Maintenance;

    /// <summary>By name, for whoever works it out again.</summary>
    public object Inputs => new { weth = Weth, usdt = Usdt };

    /// <returns>the hub's own initial capacity, and the same computed here</returns>
    public static async Task<(double OnChain, LienWorth Expected)> OfAsync(StoryCast cast, CancellationToken cancellationToken)
    {
        var capacity = await cast.B.CallAsync(cast.B.CrossChain.MarginHub, new MarginHub.CapacityOfFunction(cast.Account), cancellationToken);
        return (new Wad(capacity.Initial).ToDouble(), await OnAsync(cast, cast.B.Chain.Eth, cancellationToken));
    }

    /// <summary>The same on the live chain or on a fork of it.</summary>
    public static async Task<LienWorth> OnAsync(StoryCast cast, EthApi chain, CancellationToken cancellationToken)
    {
        var head = (await chain.GetLatestBlockAsync(cancellationToken)).Ref;
        return new LienWorth(
            await PartAsync(cast, chain, head, cast.Lien.Key, cast.Weth, cast.Prices.Weth, cancellationToken),
            await PartAsync(cast, chain, head, cast.StableLien.Key, cast.Usdt, 1, cancellationToken));
    }

    private static async Task<LienPart> PartAsync(
        StoryCast cast, EthApi chain, BlockRef head, Hash32 key, DemoAsset asset, double price, CancellationToken cancellationToken)
    {
        Task<T> AskAsync<T>(Address to, IContractFunction<T> call) => chain.CallAsync(call, to, cast.B.Deployer, head.Hash, cancellationToken);
        double Plain(System.Numerics.BigInteger value) => new Wad(value).ToDouble();
        var lien = await AskAsync(cast.B.CrossChain.MarginHub, new MarginHub.LienOfFunction(key));
        var source = await AskAsync(cast.B.CrossChain.MarginHub, new MarginHub.SourceChainOfFunction(cast.A.Chain.Id.Value));
        var factors = await AskAsync(cast.B.Deployment.Addresses.RiskOracle, new RiskOracle.FactorsFunction(asset.Token));
        return new LienPart(
            asset.Tokens(lien.Counted),
            price,
            Plain(factors.LiquidationThreshold),
            Plain(factors.BorrowFactor),
            Plain(factors.MaintenanceVolatility),
            Plain(factors.InitialVolatility),
            RemoteCapacity.CountedAge(head.Timestamp - (double)lien.ObservedAt, source.FinalityLag),
            source.FinalityLag);
    }
}
