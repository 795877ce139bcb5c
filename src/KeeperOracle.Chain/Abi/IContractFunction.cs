namespace KeeperOracle.Chain.Abi;

/// <summary>A call with its arguments: generated for each function of each ABI.</summary>
public interface IContractFunction<TResult>
{
    byte[] EncodeCall();

    /// <summary>Throws <see cref="AbiException"/> where the bytes are not exactly one encoded result.</summary>
    TResult DecodeResult(ReadOnlySpan<byte> data);
}

/// <summary>The result of a function that returns nothing.</summary>
public readonly record struct Unit;
