using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Shows;

/// <summary>
/// System 10: a report counts only as a quorum of nodes signed it, for this chain, this epoch and this time; options are settled by anyone, from fixed rules, exact to
/// the unit. Known from elsewhere: the payoff in whole numbers. (Storage proofs belong to system 6, the challenge of a margin number to 5.)
/// </summary>
internal static class GuaranteesShow
{
    private const double Implied = .70;
    private const double Rise = 10.0 / 9;
    private static readonly BigInteger Strike = 3000 * Wad.Scale;
    private static readonly BigInteger Size = 2 * Wad.Scale;

    public static ChainShow Show { get; } = new("10", "Cryptographic guarantees: a quorum's exact words, and settlement by anyone", PlayAsync);

    private static async IAsyncEnumerable<ShowStep> PlayAsync(
        ShowStage stage, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var observation = await stage.ObserveAsync(asset => asset.Attested.Volatility.ToDouble() * 1.1, cancellationToken);
        var signed = stage.Sign(stage.Chain.Id, observation);
        var forged = observation with { Vector = [observation.Vector[0] with { Volatility = observation.Vector[0].Volatility + 1 }, .. observation.Vector.Skip(1)] };
        yield return await RefusedAsync(
            stage, [.. signed.Select(one => one with { Observation = forged })], "Three nodes have signed. One digit of a volatility is changed after that.", ["SignerUnknown", "SignersNotSorted"], cancellationToken);
        yield return await RefusedAsync(
            stage, stage.Sign(new ChainId(1), observation), "The very same, signed for another chain.", ["SignerUnknown", "SignersNotSorted"], cancellationToken);
        yield return await RefusedAsync(stage, [.. signed.Take(2)], "Two signatures instead of three.", ["QuorumTooSmall"], cancellationToken);
        yield return await RefusedAsync(stage, [signed[0], signed[0], signed[1]], "Three, of which one twice.", ["SignersNotSorted"], cancellationToken);

        await stage.SendAsync(stage.Chain.Accounts[9], stage.Deployment.Addresses.RiskOracle, new RiskOracle.SubmitFunction(signed), cancellationToken);
        var epoch = (await stage.SnapshotAsync(cancellationToken)).Report.Epoch;
        yield return ShowStep.Of(
            "As they were signed, and carried by somebody who has no role at all, they are taken.",
            new { observation.Epoch }, new { epoch }, "the epoch that was signed is the chain's", epoch == observation.Epoch);
        yield return await RefusedAsync(stage, signed, "The same report again.", ["EpochOutOfOrder"], cancellationToken);

        var late = stage.Sign(stage.Chain.Id, await stage.ObserveAsync(asset => asset.Attested.Volatility.ToDouble(), cancellationToken));
        await stage.WaitAsync(7 * ShowStage.Hour, cancellationToken);
        yield return await RefusedAsync(stage, late, "A good one that somebody held back for seven hours.", ["ObservationExpired"], cancellationToken);

        await foreach (var step in SettleAsync(stage, cancellationToken))
        {
            yield return step;
        }
    }

    private static async Task<ShowStep> RefusedAsync(
        ShowStage stage, IReadOnlyList<SignedObservation> report, string sentence, string[] errors, CancellationToken cancellationToken)
    {
        var before = (await stage.SnapshotAsync(cancellationToken)).Report;
        var refusal = await stage.RefusalAsync(
            stage.Chain.Accounts[0], stage.Deployment.Addresses.RiskOracle, new RiskOracle.SubmitFunction(report), cancellationToken);
        var after = (await stage.SnapshotAsync(cancellationToken)).Report;
        return ShowStep.Of(
            sentence,
            new { epoch = report[0].Observation.Epoch, signatures = report.Count, before.Threshold },
            new { refusal },
            $"the contract reverts with {string.Join(" or ", errors)}, and the epoch stays",
            errors.Any(error => refusal.StartsWith($"{error}(", StringComparison.Ordinal)) && after.Epoch == before.Epoch);
    }

    /// <summary>Two calls, sold by a maker who signs an offer, held by account 0; then expiry.</summary>
    private static async IAsyncEnumerable<ShowStep> SettleAsync(
        ShowStage stage, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (book, weth, anyone) = (stage.AddressOf("optionBook"), stage.Deployment.Assets[0].Token, stage.Chain.Accounts[9]);
        await stage.SetPricesAsync(1, cancellationToken);
        var expiry = await stage.NowAsync(cancellationToken) + (24 * ShowStage.Hour);
        await ShowMaker.ListExpiryAsync(stage, expiry, Implied, cancellationToken);
        using var maker = await ShowMaker.OpenAsync(stage, 20, cancellationToken);
        var (writer, holder) = (maker.Account, (await stage.SnapshotAsync(cancellationToken)).Accounts[0]);
        var offer = maker.Offer(true, Strike, expiry, Size, false, 100_000_000);
        var signature = await maker.SignAsync(offer, cancellationToken);
        var fill = new Fill(holder.Account, Size, false, false, [], []);

        var cheaper = await stage.RefusalAsync(holder.Owner, book, new OptionBook.TradeFunction(offer with { Price = 99_000_000 }, signature, fill), cancellationToken);
        yield return ShowStep.Of(
            "A maker has signed an offer of two calls at 3,000 for 100 each. The taker would rather pay 99.",
            new { price = 100, asked = 99 }, new { refusal = cheaper }, "the book reverts with OfferSignatureInvalid", cheaper.StartsWith("OfferSignatureInvalid(", StringComparison.Ordinal));

        await stage.SendAsync(holder.Owner, book, new OptionBook.TradeFunction(offer, signature, fill), cancellationToken);
        await FixAsync(stage, book, weth, expiry, cancellationToken);
        var price = (await stage.CallAsync(book, new OptionBook.PoolOfFunction(weth, expiry), cancellationToken)).Price;
        foreach (var account in (Hash32[])[writer, holder.Account])
        {
            await stage.SendAsync(anyone, book, new OptionBook.SettleFunction(account, weth, expiry), cancellationToken);
        }

        yield return Settled(await SettlementsAsync(stage, book, cancellationToken), writer, holder.Account, price);
        var again = await stage.RefusalAsync(anyone, book, new OptionBook.SettleFunction(holder.Account, weth, expiry), cancellationToken);
        yield return ShowStep.Of(
            "And once more, to be paid twice.", new { account = $"{holder.Account}" }, new { refusal = again }, "the book reverts with LegsAbsent", again.StartsWith("LegsAbsent(", StringComparison.Ordinal));

        var owed = await stage.CallAsync(book, new OptionBook.ClaimOfFunction(holder.Account, weth, expiry), cancellationToken);
        await stage.SendAsync(anyone, book, new OptionBook.ClaimFunction(holder.Account, weth, expiry), cancellationToken);
        var twice = await stage.RefusalAsync(anyone, book, new OptionBook.ClaimFunction(holder.Account, weth, expiry), cancellationToken);
        yield return ShowStep.Of(
            $"The winnings of {(double)owed / 1e6:N6} are credited to the holder's account, by anyone, once.",
            new { claim = $"{owed}" }, new { refusalOfTheSecond = twice }, "the second claim reverts with ClaimAbsent", owed.Sign > 0 && twice.StartsWith("ClaimAbsent(", StringComparison.Ordinal));
    }

    /// <summary>Anyone records prices in the last half hour, two minutes apart; the median of five is final after expiry.</summary>
    private static async Task FixAsync(ShowStage stage, Address book, Address weth, ulong expiry, CancellationToken cancellationToken)
    {
        await stage.WaitAsync(expiry - (25 * 60) - await stage.NowAsync(cancellationToken), cancellationToken);
        await stage.SetPricesAsync(Rise, cancellationToken);
        for (var i = 0; i < 5; i++)
        {
            await stage.WaitAsync(125, cancellationToken);
            await stage.SendAsync(stage.Chain.Accounts[9], book, new OptionBook.RecordObservationFunction(weth, expiry), cancellationToken);
        }

        await stage.WaitAsync(expiry - await stage.NowAsync(cancellationToken) + 1, cancellationToken);
        await stage.SendAsync(stage.Chain.Accounts[9], book, new OptionBook.FinaliseFunction(weth, expiry), cancellationToken);
    }

    private static ShowStep Settled(IReadOnlyList<OptionBook.SettledEvent> settled, Hash32 writer, Hash32 holder, BigInteger price)
    {
        var (lost, gained) = (settled.FirstOrDefault(one => one.Account == writer)?.Net ?? 0, settled.FirstOrDefault(one => one.Account == holder)?.Net ?? 0);
        var exact = Size * (price - Strike) / Wad.Scale; // 18 decimals of a unit of account
        var unit = BigInteger.Pow(10, 12); // of them in a unit of the stable token
        var (down, up) = (exact / unit, (exact + unit - 1) / unit);
        return ShowStep.Of(
            $"At expiry WETH is fixed at {new Wad(price).ToDouble():N6}, the median of five recorded prices. Somebody settles both accounts: the holder has won {(double)gained / 1e6:N6}, the writer lost {(double)-lost / 1e6:N6}.",
            new { price = $"{price}", strike = $"{Strike}", size = $"{Size}", recorded = 5 },
            new { gained = $"{gained}", lost = $"{-lost}" },
            $"size x (price - strike), a gain rounded down to {down} units, a loss up to {up}",
            gained == down && lost == -up && settled.Count == 2);
    }

    private static async Task<IReadOnlyList<OptionBook.SettledEvent>> SettlementsAsync(ShowStage stage, Address book, CancellationToken cancellationToken)
    {
        var settled = new List<OptionBook.SettledEvent>();
        foreach (var log in await stage.LogsAsync(book, cancellationToken))
        {
            if (OptionBook.SettledEvent.TryDecode(log, out var one))
            {
                settled.Add(one);
            }
        }

        return settled;
    }
}
