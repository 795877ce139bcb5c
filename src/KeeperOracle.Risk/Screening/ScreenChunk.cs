using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Risk.Screening;

/// <summary>
/// The columns of 512 accounts, and the bitmaps of who holds what and who was let through. Never changed after it is made: a change copies
/// the columns it touches and shares the others.
/// </summary>
internal sealed class ScreenChunk
{
    public const int Size = Words * WordBits;

    private const int Words = 8;
    private const int WordBits = 64;
    private const int Lanes = 4;

    /// <summary>In a word with at most so many accounts to screen they are screened one by one, else the whole word is.</summary>
    private const int FewInWord = 6;

    /// <summary>Owes nothing: never under 1. Less than whatever holds it up, so that one comparison serves all.</summary>
    private const double OwesNothing = double.NegativeInfinity;

    /// <summary>What no bound is made for: always let through.</summary>
    private const double AlwaysExact = double.PositiveInfinity;

    private static readonly BigInteger LargestAmount = BigInteger.One << 256;

    private readonly double[] _amounts; // by asset, then by account
    private readonly double[] _shares;
    private readonly ulong[] _holders; // by asset, then by word
    private readonly ulong[] _open;

    private ScreenChunk(double[] amounts, double[] shares, ulong[] holders, ulong[] open, double leastScale)
    {
        (_amounts, _shares, _holders, _open, LeastScale) = (amounts, shares, holders, open, leastScale);
    }

    /// <summary>Those let through; bits past the last account mean nothing.</summary>
    public ReadOnlySpan<ulong> Open => _open;

    /// <summary>Up to this scale of debts all that are held back stay so while nothing else moves.</summary>
    public double LeastScale { get; }

    public static ScreenChunk Empty(int assets)
    {
        var shares = new double[Size];
        Array.Fill(shares, OwesNothing);
        return new ScreenChunk(new double[assets * Size], shares, new ulong[assets * Words], new ulong[Words], double.PositiveInfinity);
    }

    /// <summary>With these accounts of the snapshot put in anew, nobody from <paramref name="live"/> on, and all screened.</summary>
    /// <param name="start">position of the chunk's first account</param>
    public ScreenChunk Replace(ChainSnapshot snapshot, ScreenTerms terms, int start, int live, ReadOnlySpan<int> positions)
    {
        var next = new ScreenChunk([.. _amounts], [.. _shares], [.. _holders], _open, LeastScale);
        foreach (var position in positions)
        {
            next.Put(position - start, snapshot.Accounts[position]);
        }

        for (var lane = live; lane < Size; lane++)
        {
            next.Clear(lane);
        }

        return next.Screen(terms);
    }

    /// <summary>All screened.</summary>
    public ScreenChunk Screen(ScreenTerms terms)
    {
        var open = new ulong[Words];
        var least = double.PositiveInfinity;
        for (var word = 0; word < Words; word++)
        {
            open[word] = ScreenWord(terms, word, ref least);
        }

        return With(open, least);
    }

    /// <summary>Those screened who hold an asset whose weight moved.</summary>
    public ScreenChunk ScreenHolders(ScreenTerms terms, List<int> moved)
    {
        var open = _open;
        var least = LeastScale;
        for (var word = 0; word < Words; word++)
        {
            var holders = 0UL;
            foreach (var asset in moved)
            {
                holders |= _holders[(asset * Words) + word];
            }

            if (holders == 0)
            {
                continue;
            }

            var now = BitOperations.PopCount(holders) > FewInWord
                ? ScreenWord(terms, word, ref least)
                : ScreenSome(terms, word, holders, ref least);
            if (now != _open[word])
            {
                open = open == _open ? [.. _open] : open;
                open[word] = now;
            }
        }

        return With(open, least);
    }

    /// <summary>
    /// Health from below; null where nothing is owed, NaN where there is no bound. Away from 1 the debt's last unit counts by itself, so that slop is
    /// added to it here too.
    /// </summary>
    public double? HealthDown(ScreenTerms terms, int lane) =>
        double.IsNegativeInfinity(_shares[lane]) ? null
        : double.IsPositiveInfinity(_shares[lane]) ? double.NaN
        : Cover(terms, lane) * terms.Health / ((_shares[lane] * terms.DebtScale) + (terms.Slop * terms.Health)) * ScreenTerms.Down;

    /// <summary>64 accounts, four at a time. Each account is a lane of its own with its sum in the order of the assets: the width changes no bit.</summary>
    private ulong ScreenWord(ScreenTerms terms, int word, ref double least)
    {
        var (down, slop, scale) = (Vector256.Create(ScreenTerms.Down), Vector256.Create(terms.Slop), Vector256.Create(terms.DebtScale));
        var leastOfLanes = Vector256.Create(least);
        var open = 0UL;
        ref var amounts = ref MemoryMarshal.GetArrayDataReference(_amounts);
        for (var bit = 0; bit < WordBits; bit += Lanes)
        {
            var lane = (word * WordBits) + bit;
            var sum = Vector256<double>.Zero;
            for (var asset = 0; asset < terms.Weights.Length; asset++)
            {
                sum += Vector256.LoadUnsafe(ref amounts, (nuint)((asset * Size) + lane)) * Vector256.Create(terms.Weights[asset]);
            }

            var cover = (sum * down) - slop;
            var shares = Vector256.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(_shares), (nuint)lane);
            var held = Vector256.LessThanOrEqual(shares * scale, cover);
            open |= (ulong)(~held.ExtractMostSignificantBits() & 0xF) << bit;
            var limit = cover / shares * down;
            var counts = held & Vector256.GreaterThan(shares, Vector256<double>.Zero) & Vector256.LessThan(limit, leastOfLanes);
            leastOfLanes = Vector256.ConditionalSelect(counts, limit, leastOfLanes);
        }

        for (var i = 0; i < Lanes; i++)
        {
            least = leastOfLanes[i] < least ? leastOfLanes[i] : least;
        }

        return open;
    }

    /// <summary>The accounts of these bits, one by one: the same arithmetic.</summary>
    private ulong ScreenSome(ScreenTerms terms, int word, ulong bits, ref double least)
    {
        var open = _open[word] & ~bits;
        for (; bits != 0; bits &= bits - 1)
        {
            var bit = BitOperations.TrailingZeroCount(bits);
            var lane = (word * WordBits) + bit;
            var (cover, shares) = (Cover(terms, lane), _shares[lane]);
            if (!(shares * terms.DebtScale <= cover))
            {
                open |= 1UL << bit;
            }
            else if (shares > 0)
            {
                var limit = cover / shares * ScreenTerms.Down;
                least = limit < least ? limit : least;
            }
        }

        return open;
    }

    private double Cover(ScreenTerms terms, int lane)
    {
        var sum = 0.0;
        for (var asset = 0; asset < terms.Weights.Length; asset++)
        {
            sum += _amounts[(asset * Size) + lane] * terms.Weights[asset];
        }

        return (sum * ScreenTerms.Down) - terms.Slop;
    }

    private ScreenChunk With(ulong[] open, double leastScale) =>
        leastScale.Equals(LeastScale) && open.AsSpan().SequenceEqual(_open) ? this : new ScreenChunk(_amounts, _shares, _holders, open, leastScale);

    private void Put(int lane, AccountSnapshot account)
    {
        Clear(lane);
        if (!HasBound(account))
        {
            _shares[lane] = AlwaysExact;
            return;
        }

        if (account.DebtShares.IsZero)
        {
            return; // no price brings it under 1: it is in nobody's index
        }

        _shares[lane] = (double)account.DebtShares;
        for (var asset = 0; asset < account.Collateral.Length; asset++)
        {
            if (!account.Collateral[asset].IsZero)
            {
                _amounts[(asset * Size) + lane] = (double)account.Collateral[asset];
                _holders[(asset * Words) + (lane / WordBits)] |= 1UL << (lane % WordBits);
            }
        }
    }

    private void Clear(int lane)
    {
        _shares[lane] = OwesNothing;
        for (var asset = 0; asset < _amounts.Length / Size; asset++)
        {
            _amounts[(asset * Size) + lane] = 0;
            _holders[(asset * Words) + (lane / WordBits)] &= ~(1UL << (lane % WordBits));
        }
    }

    /// <summary>Credit only adds capacity, so it is left out; what has options or collateral elsewhere is not bounded.</summary>
    private bool HasBound(AccountSnapshot account) =>
        account.Options == OptionSnapshot.None
        && account.Remote == default
        && account.Credit.Sign >= 0
        && IsAmount(account.DebtShares)
        && account.Collateral.Length == _amounts.Length / Size
        && account.Collateral.All(IsAmount);

    private static bool IsAmount(BigInteger amount) => amount.Sign >= 0 && amount <= LargestAmount;
}
