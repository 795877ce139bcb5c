using System.Numerics;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Drill;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Story;

/// <summary>
/// Puts maintenance of an asset at once where its ramp would end, on a fork. No role can do that: the contracts refuse a ramp that is faster than half of a bad day in 24 hours
/// (contracts/libraries/BoundsCheck.sol), so it is written into the storage of the fork's RiskOracle: in the newest checkpoint of the asset the start becomes the target.
/// <para>Where that stands: the book is at slot 1, its entries two slots on, an entry's ring of 16 checkpoints three slots into it (contracts/types/RiskBook.sol, RiskSlots.sol).
/// The word is taken only where it names the time of the last report and is alone in that; otherwise this throws.</para>
/// </summary>
internal static class EndedRamp
{
    private const int Entries = 1 + 2;
    private const int Ring = 3;
    private const int Length = 16;

    /// <param name="reportedAt">chain time of the last report, from which the ramp runs</param>
    public static async Task WriteAsync(ForkedChain fork, Address oracle, Address asset, ulong reportedAt, CancellationToken cancellationToken)
    {
        var entry = Number(Keccak.Hash([.. new byte[12], .. asset.ToBytes(), .. Word(Entries).ToBytes()]));
        var found = new List<(Hash32 Slot, BigInteger Word)>();
        for (var i = 0; i < Length; i++)
        {
            var slot = Word((entry + Ring + i) % (BigInteger.One << 256));
            var word = Number(await fork.StorageAsync(oracle, slot, cancellationToken));
            if (Bits(word, 0, 40) == reportedAt)
            {
                found.Add((slot, word));
            }
        }

        if (found.Count != 1)
        {
            throw new InvalidOperationException($"{found.Count} checkpoints of the asset are of the time of its last report, {reportedAt}: its storage is not what the story knows.");
        }

        var (at, checkpoint) = found[0];
        var (lnTarget, volatilityTarget) = (Bits(checkpoint, 104, 64), Bits(checkpoint, 200, 32));
        var ended = With(With(checkpoint, 40, 64, lnTarget), 168, 32, volatilityTarget);
        await fork.SetStorageAsync(oracle, at, Word(ended), cancellationToken);
    }

    private static BigInteger Bits(BigInteger word, int from, int count) => (word >> from) & ((BigInteger.One << count) - 1);

    private static BigInteger With(BigInteger word, int from, int count, BigInteger bits) => word + ((bits - Bits(word, from, count)) << from);

    private static BigInteger Number(Hash32 word) => new(word.ToBytes(), isUnsigned: true, isBigEndian: true);

    private static Hash32 Word(BigInteger number)
    {
        var bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        return new Hash32([.. new byte[32 - bytes.Length], .. bytes]);
    }
}
