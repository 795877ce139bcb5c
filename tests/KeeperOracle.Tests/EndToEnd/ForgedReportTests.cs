using System.Globalization;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Journal;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>Reports that must not count: refused by the contract with the failing numbers, and by the keeper before it pays for trying.</summary>
[Collection(EndToEndCollections.World)]
public sealed class ForgedReportTests(ProtocolWorld world)
{
    [Fact]
    public async Task F52_Submit_ForgedReports_RevertWithTheirNumbers()
    {
        await world.ResetAsync();
        await PassIntervalAsync();
        var good = await world.ObserveAsync();
        var risk = world.Deployment.Addresses.RiskOracle;
        await SubmitAsync(world.SignByThree(good)); // the same unbent would be taken

        var signed = world.SignByThree(good);
        var louder = good with { Vector = [.. good.Vector.Select(entry => entry with { Volatility = entry.Volatility + 1 })] };
        var recovered = SignatureRecovery.Recover(
            ObservationDigest.Compute(world.Chain.Id, world.Deployment.Addresses.AttestationVerifier, louder), Signature.FromBytes65(signed[0].Signature));
        Assert.DoesNotContain(recovered, world.Signers.Select(key => key.Address));
        await RefusedAsync([signed[0] with { Observation = louder }, .. signed.Skip(1)], $"SignerUnknown(recovered {Eip55.Format(recovered)})");

        var here = (await world.SnapshotAsync()).Report.MarketId;
        var there = Market(31338, risk);
        await RefusedAsync(world.SignByThree(good with { Market = there }), $"WrongMarket(given {Hex.FromBytes(there.ToBytes())}, expected {Hex.FromBytes(here.ToBytes())})");

        await RefusedAsync(world.SignByThree(good with { Deadline = good.ObservedAt - 1 }), $"ObservationExpired(deadline {good.ObservedAt - 1}, currentTime ");
        await RefusedAsync([.. world.SignByThree(good).Reverse()], "SignersNotSorted(previous ");
        await RefusedAsync([.. world.SignByThree(good).Take(2)], "QuorumTooSmall(given 2, needed 3)");
        await RefusedAsync(
            world.SignByThree(good with { ConfigDigest = good.InputsRoot }),
            $"ConfigDigestMismatch(given {good.InputsRoot}, expected {good.ConfigDigest})");
    }

    [Fact]
    public async Task F52_Submit_TheSameReportAgain_IsOutOfOrder()
    {
        await world.ResetAsync();
        await PassIntervalAsync();
        var first = world.SignByThree(await world.ObserveAsync());
        await world.Chain.SendAsync(
            world.Chain.Accounts[0], world.Deployment.Addresses.RiskOracle, new RiskOracle.SubmitFunction(first), CancellationToken.None);
        Assert.Equal(1UL, (await world.SnapshotAsync()).Report.Epoch);
        await RefusedAsync(first, "EpochOutOfOrder(given 1, expected 2)");
        var next = world.SignByThree(await world.ObserveAsync());
        await RefusedAsync(next, "ReportTooEarly(currentTime ");
    }

    [Fact]
    public async Task Keeper_ForgedReportsOfferedOverHttp_AreRefusedByNameAndTheGoodOneIsCarriedOnce()
    {
        await world.ResetAsync();
        await PassIntervalAsync();
        var first = world.SignByThree(await world.ObserveAsync());
        await world.Chain.SendAsync(
            world.Chain.Accounts[0], world.Deployment.Addresses.RiskOracle, new RiskOracle.SubmitFunction(first), CancellationToken.None);
        await PassIntervalAsync();
        var good = await world.ObserveAsync();
        var signer = world.Signers[0];
        using var stranger = PrivateKey.Generate();
        var signed = world.Sign(good, signer);
        (string Node, SignedObservation Offer, RefusalCode Code, string Detail)[] forged =
        [
            ("tampered", signed with { Observation = good with { Vector = [.. good.Vector.Select(entry => entry with { Volatility = entry.Volatility / 2 })] } },
                RefusalCode.SignerUnknown, "none of the 4 signers"),
            ("stranger", world.Sign(good, stranger), RefusalCode.SignerUnknown, stranger.Address.ToString()),
            ("foreign", world.Sign(good with { Market = Market(31338, world.Deployment.Addresses.RiskOracle) }, signer), RefusalCode.WrongMarket, "chain 31338"),
            ("replayed", first[0], RefusalCode.WrongEpoch, "for epoch 1, the next is 2"),
            ("expired", world.Sign(good with { Deadline = good.ObservedAt - 1 }, signer), RefusalCode.ObservationExpired, "the deadline was "),
            ("future", world.Sign(good with { ObservedAt = good.ObservedAt + 9999 }, signer), RefusalCode.ObservationFromFuture, "after this block"),
            ("garbled", signed with { Signature = new byte[65] }, RefusalCode.SignatureUnreadable, ""),
        ];
        var nodes = new List<OfferingNode>();
        try
        {
            foreach (var (name, offer, _, _) in forged)
            {
                nodes.Add(await OfferingNode.StartAsync(name, world.Offer(name, offer)));
            }

            using var folder = world.NewKeeper(KeeperMode.Active, [.. nodes.Select(node => (node.Name, node.Url))]);
            await using var keeper = folder.StartKeeper();
            await Until.TrueAsync(
                () => keeper.HasExited || forged.All(forgery => folder.RefusalsOf(Subject.Observation(forgery.Node)).Count > 0),
                "every offer is judged",
                () => keeper.Errors);
            Assert.All(forged, forgery =>
            {
                var refusals = folder.RefusalsOf(Subject.Observation(forgery.Node));
                Assert.All(refusals, refusal => Assert.Equal(forgery.Code, refusal.Code));
                Assert.Contains(forgery.Detail, refusals[0].Detail, StringComparison.Ordinal);
            });
            Assert.All(folder.RefusalsOf(Subject.Report), refusal => Assert.Equal(RefusalCode.QuorumTooSmall, refusal.Code));
            Assert.Equal(1UL, (await world.SnapshotAsync()).Report.Epoch);

            // Three of them turn honest: now there is a quorum, and its report is carried exactly once.
            for (var i = 0; i < 3; i++)
            {
                nodes[i].Offer = world.Offer(nodes[i].Name, world.Sign(good, world.Signers[i]));
            }

            await Until.TrueAsync(
                () => keeper.HasExited || folder.Intents().Any(intent => IsReport(intent.Purpose, 2) && !intent.IsOpen), "report 2 is carried", () => keeper.Errors);
            var ended = await keeper.StopAsync();
            Assert.True(ended.ExitCode == 0, ended.ToString());
            var carried = Assert.Single(folder.Intents(), intent => IsReport(intent.Purpose, 2));
            Assert.Equal(IntentState.Included, carried.State);
            Assert.Equal(2UL, (await world.SnapshotAsync()).Report.Epoch);
            var replay = await folder.RunAsync("replay");
            Assert.True(replay.ExitCode == 0, replay.ToString());
        }
        finally
        {
            foreach (var node in nodes)
            {
                await node.DisposeAsync();
            }
        }
    }

    private async Task PassIntervalAsync() => await world.MineAtAsync(await world.NowAsync() + ProtocolWorld.ReportInterval + 1);

    private Task<byte[]> SubmitAsync(IReadOnlyList<SignedObservation> observations) => world.Chain.Eth.CallAsync(
        world.Keeper, world.Deployment.Addresses.RiskOracle, new RiskOracle.SubmitFunction(observations).EncodeCall(), null, CancellationToken.None);

    private async Task RefusedAsync(IReadOnlyList<SignedObservation> observations, string words)
    {
        var revert = await Assert.ThrowsAsync<ContractRevertException>(() => SubmitAsync(observations));
        Assert.StartsWith(words, revert.Message, StringComparison.Ordinal);
        Assert.Equal(ContractErrors.Describe(revert.RevertData.Span), revert.Message);
    }

    private static Hash32 Market(ulong chain, Address oracle) => Hash32.FromHex(
        "0x" + chain.ToString("x24", CultureInfo.InvariantCulture) + oracle.ToString()[2..].ToLowerInvariant());

    private static bool IsReport(string purpose, int epoch) =>
        purpose.StartsWith("report/", StringComparison.Ordinal) && purpose.EndsWith($"/{epoch}", StringComparison.Ordinal);
}
