using System.Buffers.Binary;
using System.Numerics;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Drill;

/// <summary>
/// Code that stands on the fork at a feed's address and gives one new round on top of the feed's own. It answers latestRoundData(), latestAnswer() and
/// getRoundData(new round) itself; every other question goes by DELEGATECALL to a copy of the code that stood there, over the storage that is
/// still there. So a proxy, an adapter or an aggregator of any make goes on: decimals, description and earlier rounds are the feed's own.
/// </summary>
/// <param name="Original">where the copy of the feed's own code stands</param>
/// <param name="Round">the new round: the feed's last and one</param>
/// <param name="UpdatedAt">chain seconds; null for the time of the block in which it is asked</param>
internal sealed record ShockedFeed(Address Original, BigInteger Round, BigInteger Answer, ulong? UpdatedAt)
{
    private const uint LatestRoundData = 0xfeaf968c;
    private const uint LatestAnswer = 0x50d25bcd;
    private const uint GetRoundData = 0x9a6fc8f5;

    /// <summary>An address that nobody has the key of and nothing stands at.</summary>
    public static Address OriginalOf(Address feed) => new(Keccak.HashText($"keeperoracle keeper drill: code of {feed}").ToBytes().AsSpan(12));

    /// <summary>The runtime code, in instructions that every chain has.</summary>
    public byte[] ToCode()
    {
        var code = new Assembler();
        code.Push(0).Op(Evm.CallDataLoad).Push(0xe0).Op(Evm.Shr);
        code.Op(Evm.Dup1).Push(LatestRoundData).Op(Evm.Eq).JumpIf("round");
        code.Op(Evm.Dup1).Push(LatestAnswer).Op(Evm.Eq).JumpIf("answer");
        code.Push(GetRoundData).Op(Evm.Eq).Push(4).Op(Evm.CallDataLoad).Push(Round).Op(Evm.Eq, Evm.And).JumpIf("round");
        Delegate(code);
        code.Mark("round");
        Store(code, 0x00, Round);
        Store(code, 0x20, Answer);
        foreach (var offset in (int[])[0x40, 0x60])
        {
            if (UpdatedAt is { } time)
            {
                Store(code, offset, time);
            }
            else
            {
                code.Op(Evm.Timestamp).Push(offset).Op(Evm.MStore);
            }
        }

        Store(code, 0x80, Round);
        code.Push(0xa0).Push(0).Op(Evm.Return);
        code.Mark("answer");
        Store(code, 0x00, Answer);
        code.Push(0x20).Push(0).Op(Evm.Return);
        return code.ToBytes();
    }

    private void Delegate(Assembler code)
    {
        code.Op(Evm.CallDataSize).Push(0).Push(0).Op(Evm.CallDataCopy);
        code.Push(0).Push(0).Op(Evm.CallDataSize).Push(0).Push(new BigInteger(Original.ToBytes(), isUnsigned: true, isBigEndian: true)).Op(Evm.Gas, Evm.DelegateCall);
        code.Op(Evm.ReturnDataSize).Push(0).Push(0).Op(Evm.ReturnDataCopy).JumpIf("answered");
        code.Op(Evm.ReturnDataSize).Push(0).Op(Evm.Revert);
        code.Mark("answered").Op(Evm.ReturnDataSize).Push(0).Op(Evm.Return);
    }

    private static void Store(Assembler code, int offset, BigInteger value) => code.Push(value).Push(offset).Op(Evm.MStore);

    /// <summary>The instructions used here, by the numbers of the yellow paper.</summary>
    private enum Evm : byte
    {
        Eq = 0x14,
        And = 0x16,
        Shr = 0x1c,
        CallDataLoad = 0x35,
        CallDataSize = 0x36,
        CallDataCopy = 0x37,
        ReturnDataSize = 0x3d,
        ReturnDataCopy = 0x3e,
        Timestamp = 0x42,
        MStore = 0x52,
        JumpI = 0x57,
        Gas = 0x5a,
        JumpDest = 0x5b,
        Push1 = 0x60,
        Push2 = 0x61,
        Dup1 = 0x80,
        Return = 0xf3,
        DelegateCall = 0xf4,
        Revert = 0xfd,
    }

    /// <summary>Code with names for the places it jumps to.</summary>
    private sealed class Assembler
    {
        private readonly List<byte> _code = [];
        private readonly List<(int At, string Name)> _jumps = [];
        private readonly Dictionary<string, int> _marks = [];

        public Assembler Op(params ReadOnlySpan<Evm> instructions)
        {
            foreach (var instruction in instructions)
            {
                _code.Add((byte)instruction);
            }

            return this;
        }

        public Assembler Push(BigInteger value)
        {
            var bytes = value.ToByteArray(isUnsigned: true, isBigEndian: true);
            _code.Add((byte)((int)Evm.Push1 + bytes.Length - 1));
            _code.AddRange(bytes);
            return this;
        }

        public void JumpIf(string name)
        {
            _code.Add((byte)Evm.Push2);
            _jumps.Add((_code.Count, name));
            _code.AddRange([0, 0]);
            _code.Add((byte)Evm.JumpI);
        }

        public Assembler Mark(string name)
        {
            _marks[name] = _code.Count;
            return Op(Evm.JumpDest);
        }

        public byte[] ToBytes()
        {
            byte[] bytes = [.. _code];
            foreach (var (at, name) in _jumps)
            {
                BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(at), (ushort)_marks[name]);
            }

            return bytes;
        }
    }
}
