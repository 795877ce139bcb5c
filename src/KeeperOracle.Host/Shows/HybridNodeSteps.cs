using System.Globalization;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Demo;
using KeeperOracle.MarginOracle.Observations;
using KeeperOracle.MarginOracle.Surfaces;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Policy;

namespace KeeperOracle.Host.Shows;

/// <summary>
/// Of system 3: what an oracle node itself makes of a market with options, from a surface that a publisher signed, a real Uniswap pool and feeds that are a little apart.
/// Each input is moved alone, at one block; the risk oracle's own <c>derive</c> says what may be borrowed then. Known from elsewhere: x y = k in whole numbers, and the formulas
/// written out here.
/// </summary>
internal static class HybridNodeSteps
{
    private const double Calm = .60;
    private const double Wild = 1.10;
    private const double Forward = 3_010;
    private const double Stress = 1.2;
    private const double StressWeight = .25;
    private const double SellSize = 2_000_000;
    private const ulong Days = 86_400;
    private static readonly RiskModel Model = new(3_600, .97, Stress, StressWeight, SellSize, 400_000_000, 720);

    /// <summary>The node's view with its sources, and what the chain would derive of it.</summary>
    private sealed record View(MadeObservation Made, double BorrowFactor)
    {
        public AssetRisk Weth => Made.Observation.Vector[0];

        public object Inputs => new
        {
            block = Made.Block.Number,
            impliedVolatility = Made.Trace[0].Proposal.Inputs.ImpliedVolatility,
            poolSlippage = Made.Trace[0].Proposal.Inputs.PoolSlippage,
            divergence = Made.Trace[0].Proposal.Inputs.Divergence,
        };
    }

    public static async IAsyncEnumerable<ShowStep> PlayAsync(
        ShowStage stage, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var publisher = PrivateKey.Generate();
        var (weth, wbtc) = (stage.Deployment.Assets[0], stage.Deployment.Assets[1]);
        var pool = await ShowPool.MakeAsync(stage, weth, 20_000, wbtc, 1_000, cancellationToken);
        var hours = Enumerable.Range(0, 30).Select(i => new HourlyPrices(3_000 * (i % 2 == 0 ? 1 : 1.005), 60_000 * (i % 2 == 0 ? 1 : 1.005))).ToList();
        await stage.WriteHistoryAsync(hours, cancellationToken);
        await stage.SetPricesAsync(1, cancellationToken);
        var expiry = await stage.NowAsync(cancellationToken) + (30 * Days);
        await stage.SendAsync(
            stage.Chain.Accounts[0], stage.Deployment.Addresses.RiskOracle, new RiskOracle.ListExpiryFunction(weth.Token, expiry, (ulong)Wad.FromDoubleDown(Calm).Raw, (ulong)Wad.Scale), cancellationToken);

        Task<View> SeeAsync(double implied, Address? market) => ViewAsync(stage, publisher, expiry, implied, market, cancellationToken);
        var calm = await SeeAsync(Calm, null);
        var wild = await SeeAsync(Wild, null);
        yield return Implied(calm, wild);
        var sold = await SeeAsync(Calm, pool.Pool);
        yield return Depth(calm, sold, pool, weth);
        await stage.SetFeedAsync(0, 1, 3_015, cancellationToken);
        yield return Apart(calm, await SeeAsync(Calm, null));
        yield return await CarriedAsync(stage, await SeeAsync(Wild, pool.Pool), expiry, cancellationToken);
    }

    private static async Task<View> ViewAsync(ShowStage stage, PrivateKey publisher, ulong expiry, double implied, Address? pool, CancellationToken cancellationToken)
    {
        var head = (await stage.Chain.Eth.GetLatestBlockAsync(cancellationToken)).Ref;
        var file = Path.Combine(Path.GetTempPath(), $"keeperoracle-surface-{Guid.NewGuid():N}.json");
        var surface = new ShowSurface(stage.Chain.Id, head.Timestamp, stage.Deployment.Assets[0].Token, 3_000, [(expiry, Forward, implied)]);
        await File.WriteAllTextAsync(file, surface.Signed(publisher), cancellationToken);
        try
        {
            var maker = new ObservationMaker(
                new ChainReader(stage.Chain.Rpc, stage.Deployment.Addresses.Multicall3),
                stage.Deployment.Addresses,
                stage.Chain.Id,
                new Dictionary<string, RiskModel> { ["WETH"] = Model, ["WBTC"] = Model },
                1_800,
                new MarketSources(
                    new SurfaceFile(file, publisher.Address, 60), pool is { } market ? new Dictionary<string, Address> { ["WETH"] = market } : new Dictionary<string, Address>(), default));
            var (made, refused) = await maker.MakeAsync(head, cancellationToken);
            var view = made ?? throw new InvalidOperationException(refused!.Reason);
            var factors = await stage.CallAsync(
                stage.Deployment.Addresses.RiskOracle,
                new RiskOracle.DeriveFunction(stage.Deployment.Assets[0].Token, view.Observation.Vector[0].Volatility, view.Observation.Vector[0].Slippage),
                cancellationToken);
            return new View(view, new Wad(factors.BorrowFactor).ToDouble());
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static ShowStep Implied(View calm, View wild)
    {
        var expected = ((1 - StressWeight) * Wild) + (StressWeight * Stress);
        var attested = wild.Weth.Expiries[0].ImpliedVolatility / 1e18;
        return ShowStep.Of(
            $"A node reads a surface that its publisher signed. Implied volatility goes from {Calm:P0} to {Wild:P0}: it attests {wild.Weth.Volatility / 1e18:P1} instead of {calm.Weth.Volatility / 1e18:P1}, and {attested:P0} for the options' expiry.",
            new { calm = calm.Inputs, wild = wild.Inputs, stressVolatility = Stress, stressWeight = StressWeight },
            new { volatilities = (double[])[calm.Weth.Volatility / 1e18, wild.Weth.Volatility / 1e18], borrowFactors = (double[])[calm.BorrowFactor, wild.BorrowFactor], attested },
            $"(1-w) implied + w stress = {expected:0.0000} where implied is over the realised, at most {Calm * 1.5:P0} for the expiry in one step, and less may be borrowed",
            ShowStep.Near(wild.Weth.Volatility / 1e18, expected, 1e-9) && ShowStep.Near(attested, Calm * 1.5, 1e-9) && wild.BorrowFactor < calm.BorrowFactor);
    }

    private static ShowStep Depth(View calm, View sold, ShowPool pool, DemoAsset weth)
    {
        var amount = weth.Units(SellSize / 3_000);
        var lost = 1 - ((double)(pool.Pays(amount) * pool.FirstReserve) / (double)(amount * pool.SecondReserve));
        return ShowStep.Of(
            $"It is told of a Uniswap pool, and reads price, liquidity and ticks at the block: selling {SellSize:N0} there loses {lost:P2}, more than its estimate of {calm.Weth.Slippage / 1e18:P2}.",
            new { before = calm.Inputs, after = sold.Inputs, firstReserve = $"{pool.FirstReserve}", secondReserve = $"{pool.SecondReserve}", amount = $"{amount}" },
            new { slippages = (double[])[calm.Weth.Slippage / 1e18, sold.Weth.Slippage / 1e18], borrowFactors = (double[])[calm.BorrowFactor, sold.BorrowFactor] },
            $"the larger of the two, {lost:0.000000} by x y = k, and less may be borrowed",
            ShowStep.Near(sold.Weth.Slippage / 1e18, lost, 1e-6) && sold.Weth.Volatility == calm.Weth.Volatility && sold.BorrowFactor < calm.BorrowFactor);
    }

    private static ShowStep Apart(View together, View apart)
    {
        var expected = (together.Weth.Slippage / 1e18) + (.005 * (1 - (together.Weth.Slippage / 1e18)));
        return ShowStep.Of(
            $"One feed says 3,015 and the others 3,000, which is close enough for a price: the collateral counts half a percent less, a slippage of {apart.Weth.Slippage / 1e18:P2} instead of {together.Weth.Slippage / 1e18:P2}.",
            new { before = together.Inputs, after = apart.Inputs },
            new { slippages = (double[])[together.Weth.Slippage / 1e18, apart.Weth.Slippage / 1e18], borrowFactors = (double[])[together.BorrowFactor, apart.BorrowFactor] },
            $"s + d (1 - s) = {expected:0.000000}, and less may be borrowed",
            ShowStep.Near(apart.Weth.Slippage / 1e18, expected, 1e-9) && apart.BorrowFactor < together.BorrowFactor);
    }

    private static async Task<ShowStep> CarriedAsync(ShowStage stage, View all, ulong expiry, CancellationToken cancellationToken)
    {
        var oracle = stage.Deployment.Addresses.RiskOracle;
        await stage.SendAsync(stage.Chain.Accounts[0], oracle, new RiskOracle.SubmitFunction(stage.Sign(stage.Chain.Id, all.Made.Observation)), cancellationToken);
        var asset = (await stage.SnapshotAsync(cancellationToken)).Assets[0];
        var options = await stage.CallAsync(oracle, new RiskOracle.OptionInputsFunction(asset.Token, expiry), cancellationToken);
        var signed = all.Weth;
        return ShowStep.Of(
            string.Create(CultureInfo.InvariantCulture, $"All of it together is signed by three nodes and carried: {asset.Symbol} has an option expiry at {(double)options.Value0 / 1e18:0.00} implied volatility on the chain."),
            new
            {
                volatility = $"{signed.Volatility}",
                slippage = $"{signed.Slippage}",
                impliedVolatility = $"{signed.Expiries[0].ImpliedVolatility}",
                forwardRatio = $"{signed.Expiries[0].ForwardRatio}",
            },
            new { volatility = $"{asset.Attested.Volatility.Raw}", slippage = $"{asset.Attested.Slippage.Raw}", impliedVolatility = $"{options.Value0}", forwardRatio = $"{options.Value1}" },
            "what stands on the chain is what was signed, to the last digit",
            asset.Attested.Volatility.Raw == signed.Volatility && asset.Attested.Slippage.Raw == signed.Slippage
            && options.Value0 == signed.Expiries[0].ImpliedVolatility && options.Value1 == signed.Expiries[0].ForwardRatio);
    }
}
