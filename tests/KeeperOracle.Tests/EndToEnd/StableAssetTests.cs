using System.Net.Http.Json;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Host.Demo;
using KeeperOracle.Host.OracleNode;
using KeeperOracle.Host.Shows;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>
/// A token whose price does not move, among collaterals whose prices do: real oracle nodes attest it, the chain takes the whole report, and collateral of it on
/// the other chain is listed by factors of its own.
/// </summary>
[Collection(EndToEndCollections.Demo)]
public sealed class StableAssetTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Run_PriceThatNeverMoves_NodesAttestItAtTheFloorAndTheChainTakesTheReport()
    {
        var (tools, problem) = DemoTools.Find(RepositoryFiles.Root);
        Assert.True(tools is not null, problem);
        await using var stage = await TwoChainStage.SetAsync(tools, PricePath.Synthetic(7, 2), None, withStable: true);
        await stage.StartOraclesAsync(None);
        await stage.WaitAsync(60, None);
        var side = stage.B;
        var (stable, oracle) = (side.Deployment.Assets[2], side.Deployment.Addresses.RiskOracle);
        var bounds = await side.CallAsync(oracle, new RiskOracle.BoundsOfFunction(stable.Token), None);

        var offers = await OffersAsync(stage);
        Assert.All(offers, offer =>
        {
            Assert.Equal(side.Deployment.Assets.Select(asset => asset.Token), offer.Vector.Select(risk => risk.Asset));
            Assert.Equal(new Wad(bounds.VolatilityFloor), offer.Vector[2].Volatility);
            Assert.True(offer.Vector[0].Volatility > offer.Vector[2].Volatility);
            var trace = offer.Trace[2];
            Assert.Equal((stable.Symbol, 0.0), (trace.Symbol, trace.PointVolatility));
            Assert.Matches(@"^volatility 0\.10*\d? is under the least admissible next value 0\.25", trace.Reason);
        });
        var signed = offers.Zip(stage.Oracles).OrderBy(pair => pair.Second.Key.Address).Select(pair => ObservationEncoding.ToSigned(
            pair.First.MarketId, pair.First.Epoch, pair.First.ConfigDigest, pair.First.ObservedAt, pair.First.NotBefore, pair.First.Deadline, pair.First.InputsRoot, pair.First.Vector, pair.First.Signature));
        await side.SendAsync(side.Chain.Accounts[9], oracle, new RiskOracle.SubmitFunction([.. signed]), None);

        // Published formula, by hand: one day of 25 % at 2.6652142 deviations, .1 % to sell, 1 % of bonus; a bad day under it.
        var state = await side.CallAsync(oracle, new RiskOracle.StateOfFunction(stable.Token), None);
        var factors = await side.CallAsync(oracle, new RiskOracle.FactorsFunction(stable.Token), None);
        Assert.Equal(.25, state.Volatility / 1e18, 1e-12);
        var day = Math.Sqrt(1 / 365.0);
        var target = Math.Exp(-2.6652142 * .25 * day) * (1 - (state.Slippage / 1e18)) / 1.01;
        Assert.Equal(target * Math.Exp(-2.326347874 * .25 * day), (double)factors.BorrowFactor / 1e18, 1e-3); // the ramp of a day has hardly begun
        var remote = await side.CallAsync(
            side.CrossChain.MarginHub,
            new MarginHub.RemoteOfFunction(await side.CallAsync(
                side.CrossChain.MarginHub, new MarginHub.RemoteKeyOfFunction(stage.A.Chain.Id.Value, stage.A.CrossChain.CollateralVault, stage.A.Deployment.Assets[2].Token), None)),
            None);
        Assert.Equal((stable.Token, (byte)6), (remote.Asset, remote.Decimals));
    }

    private static async Task<List<OfferedReport>> OffersAsync(TwoChainStage stage)
    {
        using var client = new HttpClient();
        var found = new List<OfferedReport>();
        foreach (var (_, url) in stage.Oracles)
        {
            OfferedObservation? offer = null;
            await Until.TrueAsync(
                async () => (offer = await client.GetFromJsonAsync<OfferedObservation>(new Uri(url, $"/api/v1/observations/{stage.B.Chain.Id}"), KeeperJson.Options))?.Report is not null,
                "the node attests",
                () => offer?.NoReport ?? "");
            found.Add(offer!.Report!);
        }

        return found;
    }
}
