using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.MarginOracle.Snapshots;

/// <summary>
/// Reads ranges of accounts through contracts/AccountLens.sol, whose head says what is packed how. The contract is not deployed: its code comes
/// with each call. Accounts with option legs come without their requirement (only <see cref="OptionSnapshot.Legs"/> is set), which is asked for
/// those alone.
/// </summary>
internal sealed class LensReader
{
    /// <summary>Accounts of one call: about ten million gas, a fifth of what geth gives a call.</summary>
    public const int Page = 250;

    /// <summary>The contract's, as the build has it.</summary>
    public static readonly byte[] Code = ReadCode();

    private const int HeadBytes = 16;
    private const int RowBytes = 161;
    private const int ShareBytes = 24;
    private const int AmountBytes = 16;

    private readonly CarriedCode _lens;
    private readonly Address _vault;
    private readonly Address _optionBook;
    private readonly Address _marginHub;

    public LensReader(ChainReader reader, Address vault, Address optionBook, Address marginHub) =>
        (_lens, _vault, _optionBook, _marginHub) = (reader.Carry(Code), vault, optionBook, marginHub);

    /// <summary>The first <paramref name="count"/> accounts, which must be all there are at the block. Throws what <see cref="CarriedCode.CallAsync"/> throws.</summary>
    public async Task<IReadOnlyList<SeenAccount>> ReadAsync(int count, int collaterals, Hash32 block, CancellationToken cancellationToken)
    {
        var calls = new List<IContractFunction<byte[]>>();
        for (var start = 0; start < count; start += Page)
        {
            calls.Add(new AccountLens.AccountsFunction(_vault, _optionBook, _marginHub, start, Page));
        }

        var accounts = new List<SeenAccount>(count);
        foreach (var page in await _lens.CallAsync(calls, block, cancellationToken))
        {
            Unpack(page, count, collaterals, Math.Min(Page, count - accounts.Count), accounts);
        }

        return accounts;
    }

    /// <summary>Strict: the answer has exactly the rows that were asked for, of exactly the length that they have, or it is refused (<see cref="AbiException"/>).</summary>
    internal static void Unpack(ReadOnlySpan<byte> page, int count, int collaterals, int rows, List<SeenAccount> into)
    {
        var rowBytes = RowBytes + (AmountBytes * collaterals);
        if (page.Length != HeadBytes + (rows * rowBytes))
        {
            throw new AbiException($"{page.Length} bytes where {rows} accounts of {rowBytes} bytes must be");
        }

        var head = new Cursor(page);
        var (total, given, held) = (head.Wide(), head.Count(), head.Count());
        if (total != (ulong)count || given != (uint)rows || held != (uint)collaterals)
        {
            throw new AbiException($"{given} of {total} accounts with {held} collaterals, where {rows} of {count} with {collaterals} were asked for");
        }

        for (var row = 0; row < rows; row++)
        {
            into.Add(Row(new Cursor(page.Slice(HeadBytes + (row * rowBytes), rowBytes)), collaterals));
        }
    }

    private static SeenAccount Row(Cursor row, int collaterals)
    {
        var id = row.Take(32);
        var (liquidations, hasLiens, shares) = (row.Count(), row.Flag(), row.Shares());
        var (credit, optionDebt) = (row.Amount(), row.Amount());
        var collateral = new BigInteger[collaterals];
        for (var i = 0; i < collateral.Length; i++)
        {
            collateral[i] = row.Amount();
        }

        var (legs, claims) = (row.Count(), row.Amount());
        var account = new AccountSnapshot(
            new Hash32(id),
            new Address(id[..20]),
            new BigInteger(id[20..], isUnsigned: true, isBigEndian: true),
            liquidations,
            shares,
            credit,
            optionDebt,
            ImmutableCollectionsMarshal.AsImmutableArray(collateral),
            OptionSnapshot.None with { Legs = checked((int)legs), PendingClaims = claims },
            new RemoteSnapshot(new Wad(row.Amount()), new Wad(row.Amount()), new Wad(row.Amount())));
        return new SeenAccount(account, hasLiens || legs > 0 || claims.Sign > 0);
    }

    private static byte[] ReadCode()
    {
        using var stream = typeof(LensReader).Assembly.GetManifestResourceStream("KeeperOracle.MarginOracle.Snapshots.AccountLens.hex")
            ?? throw new InvalidOperationException("The lens's code is not in this assembly.");
        using var text = new StreamReader(stream);
        return Hex.ToBytes(text.ReadToEnd().Trim());
    }

    /// <summary>Takes big-endian numbers off the front.</summary>
    private ref struct Cursor(ReadOnlySpan<byte> left)
    {
        private ReadOnlySpan<byte> _left = left;

        public ReadOnlySpan<byte> Take(int bytes)
        {
            var taken = _left[..bytes];
            _left = _left[bytes..];
            return taken;
        }

        public ulong Wide() => BinaryPrimitives.ReadUInt64BigEndian(Take(8));

        public uint Count() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

        public bool Flag() => Take(1)[0] switch
        {
            0 => false,
            1 => true,
            var other => throw new AbiException($"a flag is 0 or 1, not {other}"),
        };

        public BigInteger Shares() => new(Take(ShareBytes), isUnsigned: true, isBigEndian: true);

        public BigInteger Amount()
        {
            var number = BinaryPrimitives.ReadUInt128BigEndian(Take(AmountBytes));
            return number <= ulong.MaxValue ? new BigInteger((ulong)number) : (BigInteger)number;
        }
    }
}
