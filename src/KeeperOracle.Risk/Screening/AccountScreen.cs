using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Risk.Screening;

// Specification of this folder.
//
// At most heads nearly every account of a market is far from health 1. The screen says so by a bound in doubles, and only those it lets through
// are valued exactly. It can let through too many, never too few: an account under the health asked for (1, or more where accounts near liquidation are to be
// told of too) by SnapshotValuation is always let through, so that screening changes no decision to act.
//
// The bound. For maintenance the vault counts capacity C = sum floor(floor(a p / 10^d) LT / 1e18) and owes D = ceil(shares index / 1e36) x 10^(18-s);
// health is under 1 exactly where C < D. In doubles, with n assets, k = 2^-40 and weights w = p LT / 10^d (1 - k):
//     cover = (sum a w) (1 - k) - slop,   owed = shares x scale (1 + k),   held back where owed <= cover
// What the margins cover:
//   k      conversions of a, p, LT, 10^d, shares and index to doubles (under 2^-52 each; BigInteger truncates), three operations in a weight,
//          n products and sums of terms that are all at least 0 (2^-53 each), two operations after. For n <= 1024 that is under 2^-42 in all
//   slop   2 sum(1 + ceil(LT)) + 2 x 10^(18-s): the two floors of each asset (under LT, then under 1), the ceiling of the debt, and as much again for
//          the roundings of cover itself
// For another health h than 1 owed is h times as much, and so is the part of slop that is a unit of debt.
// So owed <= cover gives D <= C. Overflow and loss of digits: amounts are at most 2^256, a weight over 1e120 is cut and under 1e-200 is dropped;
// both lower cover. What is not bounded is let through: options of any kind, capacity on other chains, negative or larger numbers, more assets,
// more than 18 stable decimals (NaN compares false, and only "owed <= cover" holds back). Credit and winnings only add to C and are left out.
//
// An asset without a price counts at its largest believable one, as in the vault.
//
// What is screened when. All state is in chunks of 512 accounts, columns of doubles that are copied when written. At a head are screened
//   - the accounts that changed, with their chunk
//   - the holders of an asset whose weight moved (price, status, largest price or threshold): a bitmap for each asset is the index from the
//     asset and its feeds to the accounts; few holders in a word of 64 are screened one by one, many as a whole word
//   - a chunk with an account that its debt may have brought under. For each account held back cover / shares is the scale up to which it
//     stays held back, so no rate of interest is assumed and a rollback of the chain needs no care; a chunk keeps the least of its own
// and nobody else: for the others cover is what it was, and owed at most what it may be.
// Those let through stay so until they are screened again, so an account under 1 is judged at each head, as is one that has just left them.
//
// The same bits everywhere: an account is a lane with its sum in the order of the assets, multiplication and addition are not fused, and no width
// of vectors is seen in a result. No thread, no clock, nothing that changes after it is made.

/// <summary>The accounts of one market at one snapshot, and which of them must be valued exactly.</summary>
public sealed class AccountScreen
{
    private readonly ScreenTerms _terms;
    private readonly Wad _health;
    private readonly ImmutableArray<ScreenChunk> _chunks;

    private AccountScreen(ScreenTerms terms, Wad health, ImmutableArray<ScreenChunk> chunks, int count)
    {
        (_terms, _health, _chunks, Count) = (terms, health, chunks, count);
    }

    /// <summary>Accounts screened.</summary>
    public int Count { get; }

    /// <summary>Screens all accounts of a snapshot for health under 1.</summary>
    public static AccountScreen Build(ChainSnapshot snapshot) => Build(snapshot, Wad.One);

    /// <summary>Screens all accounts of a snapshot.</summary>
    /// <param name="health">under which accounts are let through; at least 1</param>
    public static AccountScreen Build(ChainSnapshot snapshot, Wad health)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentOutOfRangeException.ThrowIfLessThan(health, Wad.One);
        var terms = ScreenTerms.Of(snapshot, health);
        return new AccountScreen(terms, health, [], 0).Advance(snapshot, terms, [.. Enumerable.Range(0, snapshot.Accounts.Length)]);
    }

    /// <summary>The screen at a later snapshot.</summary>
    /// <param name="changed">positions of the accounts that are new or other than before, ascending</param>
    public AccountScreen Advance(ChainSnapshot next, ImmutableArray<int> changed)
    {
        ArgumentNullException.ThrowIfNull(next);
        return next.Assets.Length == _terms.Weights.Length ? Advance(next, ScreenTerms.Of(next, _health), changed) : Build(next, _health);
    }

    /// <summary>Positions, ascending, of those let through now or before: everybody who may be under the health asked for, and who may just have left.</summary>
    public ImmutableArray<int> ToJudge(AccountScreen before)
    {
        ArgumentNullException.ThrowIfNull(before);
        var positions = ImmutableArray.CreateBuilder<int>();
        for (var chunk = 0; chunk < _chunks.Length; chunk++)
        {
            var now = _chunks[chunk].Open;
            var old = chunk < before._chunks.Length ? before._chunks[chunk].Open : [];
            for (var word = 0; word < now.Length; word++)
            {
                for (var bits = now[word] | (old.IsEmpty ? 0 : old[word]); bits != 0; bits &= bits - 1)
                {
                    var position = (chunk * ScreenChunk.Size) + (word * 64) + BitOperations.TrailingZeroCount(bits);
                    if (position < Count)
                    {
                        positions.Add(position);
                    }
                }
            }
        }

        return positions.ToImmutable();
    }

    /// <summary>Health from below; null where nothing is owed, NaN where there is no bound.</summary>
    public double? HealthDown(int position)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(position, Count);
        return _chunks[position / ScreenChunk.Size].HealthDown(_terms, position % ScreenChunk.Size);
    }

    internal AccountScreen Advance(ChainSnapshot next, ScreenTerms terms, ImmutableArray<int> changed)
    {
        var count = next.Accounts.Length;
        var moved = _terms.MovedTo(terms);
        var chunks = ImmutableArray.CreateBuilder<ScreenChunk>((count + ScreenChunk.Size - 1) / ScreenChunk.Size);
        var at = 0;
        for (var start = 0; start < count; start += ScreenChunk.Size)
        {
            var from = at;
            while (at < changed.Length && changed[at] < start + ScreenChunk.Size)
            {
                at++;
            }

            var chunk = chunks.Count < _chunks.Length ? _chunks[chunks.Count] : ScreenChunk.Empty(terms.Weights.Length);
            var live = Math.Min(ScreenChunk.Size, count - start);
            var isCut = live < Math.Min(ScreenChunk.Size, Count - start);
            chunks.Add(
                at > from || isCut ? chunk.Replace(next, terms, start, live, changed.AsSpan()[from..at])
                : moved is null || !(terms.DebtScale <= chunk.LeastScale) ? chunk.Screen(terms)
                : moved.Count > 0 ? chunk.ScreenHolders(terms, moved)
                : chunk);
        }

        return new AccountScreen(terms, _health, chunks.ToImmutable(), count);
    }
}
