using System.Runtime.CompilerServices;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Host.Journal;
using KeeperOracle.Host.Shows;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Story;

/// <summary>
/// Scene 3: a real shock in all feeds; two keepers want to swap for Alice inside her mandate, and are killed at it once. Known from elsewhere: the vault's event, and the least amount by
/// hand from what the pool paid.
/// </summary>
internal static class ShockScene
{
    public static readonly Wad Trigger = new(Wad.Scale * 115 / 100);
    public static readonly Wad Target = new(Wad.Scale * 125 / 100);
    private const double Fallen = 1.06;

    public static StoryScene Scene { get; } = new(3, "A shock in all feeds; a keeper swaps inside Alice's mandate, another comes too late", PlayAsync);

    private static async IAsyncEnumerable<ShowStep> PlayAsync(StoryCast cast, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cast.BeforeTheShock = (await cast.B.Chain.Eth.GetLatestBlockAsync(cancellationToken)).Ref;
        var expiry = await cast.B.NowAsync(cancellationToken) + (1000 * TwoChainStage.Hour);
        var mandate = new SwapMandate((ulong)Trigger.Raw, (ulong)Target.Raw, (ulong)(Wad.Scale / 100), (ulong)(Wad.Scale / 50), (uint)TwoChainStage.Hour, expiry, 1, 0x8000, 0);
        await cast.B.SendAsync(cast.Alice, cast.Vault, new MarginVault.SetSwapMandateFunction(cast.Account, mandate), cancellationToken);
        var first = await cast.SnapshotAsync(cancellationToken);
        cast.BeforeTheSwap = cast.AliceIn(first);
        var fall = Fallen / cast.Health(first);
        await cast.OpenPoolAsync(cast.Prices.Weth * fall, cancellationToken);
        var was = cast.Prices.Weth;
        await cast.RaceAsync(was * fall, cast.Prices.Wbtc * Math.Pow(fall, .8), "swap/", cancellationToken);

        var made = await SwapsAsync(cast, cancellationToken);
        var now = await cast.SnapshotAsync(cancellationToken);
        var (event1, before) = (made.Count == 1 ? made[0] : null, cast.AliceIn(first));
        var after = cast.AliceIn(now);
        yield return ShowStep.Of(
            $"WETH falls by {1 - fall:P1} to {cast.Prices.Weth:N2} in every feed; pools follow. Alice's health is {Health(event1?.HealthBefore):0.0000}, at or under the {Trigger.ToDouble():0.00} at which she lets anyone swap for her. "
            + $"Two keepers see it in the same block, are killed with -9 and started again, and both want to. One sells {Tokens(event1?.AmountIn, 18):N4} of her WETH on B for {Tokens(event1?.AmountOut, 6):N2} of her debt: health is {Health(event1?.HealthAfter):0.0000}.",
            new { priceBefore = was, price = cast.Prices.Weth, trigger = Trigger.ToDouble(), target = Target.ToDouble(), threshold = now.Assets[0].LiquidationThreshold.ToDouble() },
            new { swaps = made.Count, sold = Tokens(event1?.AmountIn, 18), received = Tokens(event1?.AmountOut, 6), healthBefore = Health(event1?.HealthBefore), healthAfter = Health(event1?.HealthAfter) },
            "exactly one swap; health rises to the target and hardly past it; options untouched, debt lower by what came out",
            event1 is not null && Health(event1.HealthBefore) <= Trigger.ToDouble() && Health(event1.HealthAfter) >= Target.ToDouble() - 1e-9 && Health(event1.HealthAfter) < Target.ToDouble() + .02
            && after.Options.Legs == before.Options.Legs && before.Collateral[0] - after.Collateral[0] == event1.AmountIn);
        var sent = cast.Intents("swap/");
        yield return ShowStep.Of(
            "In the journals of the two keepers the swap was made once; the chain has one event of it.",
            new { purposes = sent.Select(intent => intent.Purpose).ToArray() },
            new { states = sent.Select(intent => $"{intent.State}").ToArray() },
            "one intent that was included, of both keepers together",
            sent.Count(intent => intent.State is IntentState.Included or IntentState.Finalized) == 1 && made.Count == 1);
    }

    private static double Health(System.Numerics.BigInteger? raw) => raw is { } value ? new Wad(value).ToDouble() : 0;

    private static double Tokens(System.Numerics.BigInteger? units, int decimals) => units is { } value ? (double)value / Math.Pow(10, decimals) : 0;

    private static async Task<IReadOnlyList<MarginVault.CollateralSwappedEvent>> SwapsAsync(StoryCast cast, CancellationToken cancellationToken)
    {
        var made = new List<MarginVault.CollateralSwappedEvent>();
        foreach (var log in await cast.B.LogsAsync(cast.Vault, cancellationToken))
        {
            if (MarginVault.CollateralSwappedEvent.TryDecode(log, out var one) && one.Account == cast.Account)
            {
                made.Add(one);
            }
        }

        return made;
    }
}
