using System.Numerics;
using System.Runtime.CompilerServices;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Host.Replay;
using KeeperOracle.Host.Shows;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Story;

/// <summary>
/// Scene 9: expiry. The keepers record prices, make the median final and settle everybody, as anyone might. Known from elsewhere: payoffs in whole numbers, the keepers'
/// whole journals decided once more, and what <see cref="StoryPapers"/> holds against the chain.
/// </summary>
internal static class ExpiryScene
{
    private const ulong Minute = 60;

    public static StoryScene Scene { get; } = new(9, "Expiry: settled to the unit, and everything decided once more", PlayAsync);

    private static async IAsyncEnumerable<ShowStep> PlayAsync(StoryCast cast, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var now = await cast.Stage.LatestAsync(cancellationToken);
        await cast.WaitAsync(cast.Expiry - (28 * Minute) - now, cancellationToken);
        while (await cast.Stage.LatestAsync(cancellationToken) + 130 < cast.Expiry)
        {
            await cast.Stage.WaitAsync(130, cancellationToken);
            await cast.QuietAsync(cancellationToken);
        }

        // Blocks of what the processes send are a second apart: the last of them may have come after expiry already.
        now = await cast.Stage.LatestAsync(cancellationToken);
        await cast.WaitAsync((now < cast.Expiry ? cast.Expiry - now : 0) + 2, cancellationToken);
        for (var round = 0; round < 20 && !await IsOverAsync(cast, cancellationToken); round++)
        {
            await cast.QuietAsync(cancellationToken);
            await cast.Stage.WaitAsync(12, cancellationToken);
        }

        await cast.QuietAsync(cancellationToken); // what came last may not be mined or told yet
        var pool = await cast.B.CallAsync(cast.Book, new OptionBook.PoolOfFunction(cast.Weth.Token, cast.Expiry), cancellationToken);
        yield return Settled(cast, await SettledAsync(cast, cancellationToken), pool.Price);

        var again = await cast.B.RefusalAsync(cast.Anyone, cast.Book, new OptionBook.SettleFunction(cast.Account, cast.Weth.Token, cast.Expiry), cancellationToken);
        var sent = cast.Intents("").Select(intent => intent.Purpose.Split('/')[0]).CountBy(family => family).OrderBy(pair => pair.Key, StringComparer.Ordinal).ToDictionary(pair => pair.Key, pair => pair.Value);
        yield return ShowStep.Of(
            "A second settlement of her account is refused.",
            new { account = $"{cast.Account}" },
            new { refusal = again, sentByTheKeepers = sent },
            "the book reverts with LegsAbsent",
            again.StartsWith("LegsAbsent(", StringComparison.Ordinal));

        await cast.StopKeeperAsync();
        yield return Replayed(cast);
        yield return await StoryPapers.BacktestAsync(cast, cancellationToken);
        yield return await StoryPapers.TimelineAsync(cast, cancellationToken);
    }

    private static async Task<bool> IsOverAsync(StoryCast cast, CancellationToken cancellationToken)
    {
        foreach (var account in (Hash32[])[cast.Account, StageChain.AccountOf(cast.Bob, 0), cast.Maker.Account])
        {
            if (await cast.B.CallAsync(cast.Book, new OptionBook.LegCountFunction(account), cancellationToken) > 0
                || await cast.B.CallAsync(cast.Book, new OptionBook.PendingClaimsFunction(account), cancellationToken) > 0)
            {
                return false;
            }
        }

        return true;
    }

    private static ShowStep Settled(StoryCast cast, IReadOnlyList<OptionBook.SettledEvent> settled, BigInteger price)
    {
        var unit = BigInteger.Pow(10, 12); // 18 decimals of a unit of account, 6 of the stable token
        BigInteger Payoff(double strike) => BigInteger.Max(0, Wad.FromDoubleDown(strike).Raw - price);
        BigInteger Net(Hash32 account) => settled.FirstOrDefault(one => one.Account == account)?.Net ?? 0;
        var alice = BeginningScene.Contracts * (Payoff(BeginningScene.Strike) - Payoff(BeginningScene.LowerStrike));
        var bob = HedgeScene.Contracts * Payoff(HedgeScene.Strike);
        BigInteger[] expected = [-((alice + unit - 1) / unit), -((bob + unit - 1) / unit), (alice + bob) / unit];
        BigInteger[] made = [Net(cast.Account), Net(StageChain.AccountOf(cast.Bob, 0)), Net(cast.Maker.Account)];
        return ShowStep.Of(
            $"At expiry WETH is fixed at {new Wad(price).ToDouble():N6}, the median of what the keepers recorded in the last half hour. They settle everybody: Alice lost {(double)-made[0] / 1e6:N6}, Bob {(double)-made[1] / 1e6:N6}, and the maker has won {(double)made[2] / 1e6:N6}.",
            new
            {
                price = $"{price}",
                alice = new { strikes = (double[])[BeginningScene.Strike, BeginningScene.LowerStrike], contracts = BeginningScene.Contracts },
                bob = new { strike = HedgeScene.Strike, contracts = HedgeScene.Contracts },
            },
            new { alice = $"{made[0]}", bob = $"{made[1]}", maker = $"{made[2]}", settlements = settled.Count },
            $"contracts x payoff, a loss rounded up to a unit and a gain down: {string.Join(", ", expected)}; each account once",
            made.SequenceEqual(expected) && settled.Count == 3 && alice.Sign > 0);
    }

    private static ShowStep Replayed(StoryCast cast)
    {
        var replays = cast.Keepers.Select(keeper => keeper.Read(journal => JournalReplay.Run(journal))).ToList();
        return ShowStep.Of(
            $"Everything that the keepers saw is decided once more from their journals: {string.Join(" and ", replays.Select(replay => $"{replay.Events} events, {replay.Decisions} decisions, {replay.Acts} actions"))}, the same to the byte.",
            new { journals = cast.Keepers.Select(keeper => Path.GetRelativePath(cast.Stage.Directory, keeper.JournalFile)) },
            new { replays = replays.Select(replay => new { replay.Events, replay.Decisions, replay.Acts, replay.HeadHash, difference = replay.Difference ?? "" }) },
            "no difference",
            replays.All(replay => replay.Difference is null && replay.Acts > 0));
    }

    private static async Task<IReadOnlyList<OptionBook.SettledEvent>> SettledAsync(StoryCast cast, CancellationToken cancellationToken)
    {
        var settled = new List<OptionBook.SettledEvent>();
        foreach (var log in await cast.B.LogsAsync(cast.Book, cancellationToken))
        {
            if (OptionBook.SettledEvent.TryDecode(log, out var one))
            {
                settled.Add(one);
            }
        }

        return settled;
    }
}
