using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Proofs;
using KeeperOracle.Host.Demo;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Shows;

/// <summary>
/// System 6: collateral locked on chain A secures a loan on chain B, by headers that four oracle nodes attest and proofs that a relay carries, all as real processes. Known
/// from elsewhere: what locked amounts count for is worked out here from the published formula, value x BF x (1 - l), l = z99 sigma sqrt(age / year).
/// </summary>
internal static class CrossChainShow
{
    private const double Z99 = 2.326347874;
    private const double Year = 365 * 86_400;
    private const double Price = 3000;
    private const int Locked = 10;
    private const double Released = 0.2; // what may leave at once in a day under attested headers: 2 % of what is locked
    private static readonly BigInteger Ether = BigInteger.Pow(10, 18);
    private static readonly BigInteger Dollar = BigInteger.Pow(10, 6);

    public static TwoChainShow Show { get; } = new("6", "Cross-chain margin: a lien on A secures risk on B; consent, silence, and blocks that are lost", PlayAsync);

    private static async IAsyncEnumerable<ShowStep> PlayAsync(
        TwoChainStage stage, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await stage.StartOraclesAsync(cancellationToken);
        await stage.StartRelayAsync(cancellationToken);
        var alice = stage.A.Chain.Accounts[5];
        yield return await LostLienAsync(stage, alice, cancellationToken);

        var lien = await stage.A.LockAsync(alice, stage.A.Deployment.Assets[0], Locked, stage.B, StageChain.AccountOf(alice, 1), cancellationToken);
        await stage.CountAsync(stage.A, lien, alice, cancellationToken);
        yield return await CountedAsync(stage, alice, lien, cancellationToken);
        yield return await NobodyTakesItAloneAsync(stage, alice, lien, cancellationToken);
        yield return await ReleasedByConsentAsync(stage, alice, lien, cancellationToken);
        yield return await LostRepaymentAsync(stage, alice, lien, cancellationToken);
        yield return await SilenceAsync(stage, alice, lien, cancellationToken);
        yield return await BackAsync(stage, alice, lien, cancellationToken);
    }

    /// <summary>What a lien counts for, as the formula says and as the hub does.</summary>
    private sealed record Worth(double Age, double Haircut, double Formula, double Initial, double Maintenance, double FormulaMaintenance)
    {
        public bool Holds => ShowStep.Near(Initial, Formula, 1e-9) && ShowStep.Near(Maintenance, FormulaMaintenance, 1e-9);
    }

    private static async Task<Worth> WorthAsync(TwoChainStage stage, Address owner, ulong lien, CancellationToken cancellationToken)
    {
        var (b, asset) = (stage.B, stage.B.Deployment.Assets[0].Token);
        var capacity = await b.CallAsync(b.CrossChain.MarginHub, new MarginHub.CapacityOfFunction(StageChain.AccountOf(owner, 1)), cancellationToken);
        var known = await stage.OnHubAsync(stage.A, lien, cancellationToken);
        var factors = await b.CallAsync(b.Deployment.Addresses.RiskOracle, new RiskOracle.FactorsFunction(asset), cancellationToken);
        var lag = (await b.CallAsync(b.CrossChain.MarginHub, new MarginHub.SourceChainOfFunction(stage.A.Chain.Id.Value), cancellationToken)).FinalityLag;
        var age = Math.Max(lag, (double)await b.NowAsync(cancellationToken) - known.ObservedAt);
        var value = Number(known.Counted) * Price;
        double Haircut(BigInteger volatility, double seconds) => Math.Min(1, Z99 * Number(volatility) * Math.Sqrt(seconds / Year));
        return new Worth(
            age,
            Haircut(factors.InitialVolatility, age),
            value * Number(factors.BorrowFactor) * (1 - Haircut(factors.InitialVolatility, age)),
            Number(capacity.Initial),
            Number(capacity.Maintenance),
            value * Number(factors.LiquidationThreshold) * (1 - Haircut(factors.MaintenanceVolatility, lag)));
    }

    private static async Task<ShowStep> LostLienAsync(TwoChainStage stage, Address alice, CancellationToken cancellationToken)
    {
        var (a, b) = (stage.A, stage.B);
        var lien = await a.LockAsync(alice, a.Deployment.Assets[0], 3, b, StageChain.AccountOf(alice, 1), cancellationToken);
        var block = (await a.Chain.Eth.GetLatestBlockAsync(cancellationToken)).Ref;
        await a.Chain.Rpc.SendAsync("anvil_reorg", cancellationToken, 1, Array.Empty<object>());
        await stage.WaitAsync(1000, cancellationToken);
        await stage.QuietAsync(cancellationToken);
        var counted = await stage.OnHubAsync(a, lien, cancellationToken);
        var liens = (int)await a.CallAsync(a.CrossChain.CollateralVault, new CollateralVault.LienCountFunction(), cancellationToken);
        var offered = (await stage.OfferedCountAsync(a, lien, cancellationToken))?.Refusal ?? "";
        return ShowStep.Of(
            $"Alice locks 3 WETH on A in block {block.Number}, and A loses that block. No node had attested it, for it was not final: B has counted {Number(counted.Counted):0}, and the relay has nothing to prove.",
            new { block = block.Number, hash = block.Hash.ToString(), locked = 3 },
            new { liensOnA = liens, countedOnB = Number(counted.Counted), relaySays = offered },
            "the lien is gone from A, B never saw it, and the relay knows no such lien",
            liens == 0 && counted.Account.IsZero && offered.StartsWith("LienUnknown", StringComparison.Ordinal));
    }

    private static async Task<ShowStep> CountedAsync(TwoChainStage stage, Address alice, ulong lien, CancellationToken cancellationToken)
    {
        var worth = await WorthAsync(stage, alice, lien, cancellationToken);
        var loan = (int)(worth.Initial * 0.95);
        var refusal = await stage.B.RefusalAsync(alice, stage.B.Deployment.Addresses.MarginVault, Borrow(alice, loan), cancellationToken);
        var debt = await DebtAsync(stage, alice, cancellationToken);
        return ShowStep.Of(
            $"She locks {Locked} again. Three of four nodes attest a final header of A, the relay carries it, and she proves her lien under it: it counts {worth.Initial:N2} of 30,000 for a new loan. She borrows {loan:N0} on B.",
            new { locked = Locked, price = Price, ageSeconds = worth.Age, haircut = worth.Haircut },
            new { initial = worth.Initial, maintenance = worth.Maintenance, borrowed = debt },
            $"value x BF x (1 - l) = {worth.Formula:N2} for initial, value x LT x (1 - l at the lag) = {worth.FormulaMaintenance:N2} for maintenance, and the loan is paid out",
            worth.Holds && refusal.Length == 0 && ShowStep.Near(debt, loan, 1e-6));
    }

    private static async Task<ShowStep> NobodyTakesItAloneAsync(TwoChainStage stage, Address alice, ulong lien, CancellationToken cancellationToken)
    {
        var (a, b) = (stage.A, stage.B);
        // An order that the hub has never issued, with an honest proof of what it does store.
        var header = (await a.CallAsync(a.CrossChain.AttestedHeaders, new AttestedHeaders.LatestOfFunction(b.Chain.Id.Value), cancellationToken)) is var latest && latest > 0
            ? latest
            : 0;
        var block = await b.Chain.Eth.GetBlockByNumberAsync(header, cancellationToken);
        var proof = await b.Chain.Eth.GetProofAsync(b.CrossChain.MarginHub, [LienSlots.OrderSlot(TwoChainStage.KeyOf(a, lien), 1)], block!.Value.Ref.Hash, cancellationToken);
        var order = new Order(
            new LienId(a.Chain.Id.Value, a.CrossChain.CollateralVault, lien),
            b.Chain.Id.Value,
            b.CrossChain.MarginHub,
            1,
            0,
            Locked * Ether,
            alice,
            0,
            0,
            await a.NowAsync(cancellationToken) + 86_400);
        var onA = await a.RefusalAsync(
            alice, a.CrossChain.CollateralVault, new CollateralVault.ExecuteFunction(order, new OrderProof(LienSlots.Locator(header), proof.Proof, proof.Slots[0].Proof)), cancellationToken);
        var onB = await b.RefusalAsync(
            alice, b.CrossChain.MarginHub, new MarginHub.RequestReleaseFunction(TwoChainStage.KeyOf(a, lien), Locked * Ether, alice, []), cancellationToken);
        var held = Number((await TwoChainStage.InVaultAsync(a, lien, cancellationToken)).Amount);
        return ShowStep.Of(
            "She would like her collateral back and keep the loan. A pays on an order of B alone, and there is none; B gives no order, for her loan would stand uncovered.",
            new { lien, wants = Locked },
            new { refusalOnA = onA, refusalOnB = onB, stillLocked = held },
            "both chains refuse by name, and all of it is still locked",
            onA.Length > 0 && onB.Length > 0 && held == Locked);
    }

    private static async Task<ShowStep> ReleasedByConsentAsync(TwoChainStage stage, Address alice, ulong lien, CancellationToken cancellationToken)
    {
        var (a, b) = (stage.A, stage.B);
        var to = a.Chain.Accounts[8];
        await b.SendAsync(alice, b.CrossChain.MarginHub, new MarginHub.RequestReleaseFunction(TwoChainStage.KeyOf(a, lien), Ether / 5, to, []), cancellationToken);
        await stage.PassUntilAsync("A pays", 905, async () => (await TwoChainStage.InVaultAsync(a, lien, cancellationToken)).Counter == 1, cancellationToken);
        await stage.PassUntilAsync(
            "B knows that A has paid", 905, async () => (await stage.OnHubAsync(a, lien, cancellationToken)) is { EndedCounter: 1, Pending.IsZero: true }, cancellationToken);
        await stage.SetPricesAsync(new HourlyPrices(Price, 60000), cancellationToken); // a feed's answer is good for two hours
        var paid = Number(await a.CallAsync(a.Deployment.Assets[0].Token, new ERC20.BalanceOfFunction(to), cancellationToken));
        var (inVault, onHub) = (await TwoChainStage.InVaultAsync(a, lien, cancellationToken), await stage.OnHubAsync(a, lien, cancellationToken));
        return ShowStep.Of(
            $"She asks B for {Released} WETH, which her loan does not need. B takes them out of her credit at once and issues the order when it is final itself; the relay proves it to A, which pays, and proves to B that it has.",
            new { asked = Released },
            new { paid, left = Number(inVault.Amount), provenOnB = Number(onHub.Proven), countedOnB = Number(onHub.Counted), orders = onHub.EndedCounter },
            $"{Released} paid once, and the two chains agree on the {Locked - Released} that are left",
            ShowStep.Near(paid, Released, 1e-12) && inVault.Amount == onHub.Proven && onHub.Proven == onHub.Counted && onHub.EndedCounter == 1);
    }

    private static async Task<ShowStep> LostRepaymentAsync(TwoChainStage stage, Address alice, ulong lien, CancellationToken cancellationToken)
    {
        var (a, b) = (stage.A, stage.B);
        var (vault, account, key) = (b.Deployment.Addresses.MarginVault, StageChain.AccountOf(alice, 1), TwoChainStage.KeyOf(a, lien));
        var before = await DebtAsync(stage, alice, cancellationToken);
        var owed = (BigInteger)Math.Ceiling(before) * Dollar;
        await b.SendAsync(alice, b.Deployment.Stable, new MockToken.MintFunction(alice, owed), cancellationToken);
        await b.SendAsync(alice, b.Deployment.Stable, new MockToken.ApproveFunction(vault, owed), cancellationToken);
        await b.SendAsync(alice, vault, new MarginVault.RepayFunction(account, owed / 2), cancellationToken);
        var during = await DebtAsync(stage, alice, cancellationToken);
        await b.SendAsync(alice, b.CrossChain.MarginHub, new MarginHub.RequestReleaseFunction(key, Ether, alice, []), cancellationToken);
        await b.Chain.Rpc.SendAsync("anvil_reorg", cancellationToken, 2, Array.Empty<object>());
        await stage.WaitAsync(1000, cancellationToken);
        await stage.QuietAsync(cancellationToken);
        var (after, onHub, inVault) = (await DebtAsync(stage, alice, cancellationToken), await stage.OnHubAsync(a, lien, cancellationToken), await TwoChainStage.InVaultAsync(a, lien, cancellationToken));
        return ShowStep.Of(
            $"She repays half on B and asks for one WETH with the room it gives; B loses both blocks. The order was not issued, for it was not final: A has paid nothing, and the loan stands at {after:N2} again.",
            new { debtBefore = before, debtInTheLostBlock = during },
            new { debtAfter = after, ordersOnB = onHub.LastCounter, ordersOnA = inVault.Counter, left = Number(inVault.Amount) },
            "debt as before the lost blocks (and its interest), no second order on either chain, nothing paid",
            during < before * 0.6 && after >= before && after < before * 1.001 && onHub.LastCounter == 1 && inVault.Counter == 1);
    }

    private static async Task<ShowStep> SilenceAsync(TwoChainStage stage, Address alice, ulong lien, CancellationToken cancellationToken)
    {
        var b = stage.B;
        var before = await WorthAsync(stage, alice, lien, cancellationToken);
        await stage.StopRelayAsync();
        await stage.WaitAsync(12 * TwoChainStage.Hour, cancellationToken);
        await stage.SetPricesAsync(new HourlyPrices(Price, 60000), cancellationToken);
        var after = await WorthAsync(stage, alice, lien, cancellationToken);
        // What the haircut of before would still have allowed.
        var room = (int)(before.Initial - await DebtAsync(stage, alice, cancellationToken)) - 1;
        var borrow = room > 0 ? await b.RefusalAsync(alice, b.Deployment.Addresses.MarginVault, Borrow(alice, room), cancellationToken) : "no room before";
        var liquidate = await b.RefusalAsync(
            b.Chain.Accounts[9],
            b.Deployment.Addresses.MarginVault,
            new MarginVault.LiquidateLienFunction(
                StageChain.AccountOf(alice, 1), new LienLimits(TwoChainStage.KeyOf(stage.A, lien), 1_000_000 * Dollar, 1, b.Chain.Accounts[9], await b.NowAsync(cancellationToken) + 3600)),
            cancellationToken);
        return ShowStep.Of(
            $"The relay falls silent for twelve hours. The haircut of new risk has grown from {before.Haircut:P2} to {after.Haircut:P2}; the {room:N0} she could have borrowed are refused, and nobody can liquidate her: maintenance is what it was.",
            new { ageBefore = before.Age, ageAfter = after.Age, asked = room },
            new { before.Haircut, haircutAfter = after.Haircut, before.Initial, initialAfter = after.Initial, before.Maintenance, maintenanceAfter = after.Maintenance, borrow, liquidate },
            "initial follows 1 - l(sigma, age) before and after, maintenance is the same to the unit, the loan is refused by name, and so is a liquidation, for she is healthy",
            before.Holds && after.Holds && after.Haircut > before.Haircut && after.Initial < before.Initial && after.Maintenance == before.Maintenance
                && borrow.Length > 0 && room > 0 && liquidate.StartsWith("AccountHealthy", StringComparison.Ordinal));
    }

    private static async Task<ShowStep> BackAsync(TwoChainStage stage, Address alice, ulong lien, CancellationToken cancellationToken)
    {
        var silent = await WorthAsync(stage, alice, lien, cancellationToken);
        await stage.StartRelayAsync(cancellationToken);
        await stage.PassUntilAsync(
            "the relay has renewed the lien", 905, async () => (await WorthAsync(stage, alice, lien, cancellationToken)).Age < 2 * TwoChainStage.Hour, cancellationToken);
        var back = await WorthAsync(stage, alice, lien, cancellationToken);
        var refusal = await stage.B.RefusalAsync(alice, stage.B.Deployment.Addresses.MarginVault, Borrow(alice, 100), cancellationToken);
        return ShowStep.Of(
            $"The relay is started again, reads both chains and proves the lien anew: the haircut is {back.Haircut:P2}, and she borrows 100 more.",
            new { ageSilent = silent.Age, silent.Initial },
            new { age = back.Age, back.Haircut, initial = back.Initial },
            "the observation is young again, initial is what the formula gives at its age, and new risk is taken",
            back.Holds && back.Initial > silent.Initial && refusal.Length == 0);
    }

    private static MarginVault.BorrowFunction Borrow(Address owner, int dollars) => new(StageChain.AccountOf(owner, 1), dollars * Dollar, owner, []);

    private static async Task<double> DebtAsync(TwoChainStage stage, Address owner, CancellationToken cancellationToken) =>
        Number((await stage.B.CallAsync(stage.B.Deployment.Addresses.MarginVault, new MarginVault.ValuationFunction(StageChain.AccountOf(owner, 1)), cancellationToken)).Debt);

    /// <summary>Of 18 decimals.</summary>
    private static double Number(BigInteger raw) => (double)raw / 1e18;
}
