using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Reading;

/// <summary>A call of a batch, and after the batch has run its value, or why there is none.</summary>
public abstract class PendingRead
{
    private byte[] _revertData = [];

    private protected PendingRead(Address to, byte[] callData)
    {
        To = to;
        CallData = callData;
    }

    public Address To { get; }

    /// <summary>True once the batch has run.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>True where the batch has run and this call has no value.</summary>
    public bool Failed => Problem is not null;

    /// <summary>Why there is no value, in words; null where there is one or the batch has not run.</summary>
    public string? Problem { get; private set; }

    /// <summary>What the contract reverted with; empty where it did not.</summary>
    public ReadOnlyMemory<byte> RevertData => _revertData;

    internal byte[] CallData { get; }

    internal void Complete(bool success, byte[] data)
    {
        IsComplete = true;
        if (!success)
        {
            _revertData = data;
            Problem = $"call to {Eip55.Format(To)}: {ContractErrors.Describe(data)}";
            return;
        }

        // The EVM calls an address without code with success, and gets nothing back.
        if (data.Length == 0 && !ReturnsNothing)
        {
            Problem = $"no code at {Eip55.Format(To)}";
            return;
        }

        try
        {
            Decode(data);
        }
        catch (AbiException problem)
        {
            Problem = $"call to {Eip55.Format(To)}: {problem.Message}";
        }
    }

    private protected abstract bool ReturnsNothing { get; }

    private protected abstract void Decode(byte[] data);
}

/// <summary>The same with the type of its value.</summary>
public sealed class PendingRead<T> : PendingRead
{
    private readonly IContractFunction<T> _function;
    private T? _value;

    internal PendingRead(Address to, IContractFunction<T> function)
        : base(to, function.EncodeCall()) => _function = function;

    /// <summary>Throws <see cref="ReadFailedException"/> where the call failed, and <see cref="InvalidOperationException"/> before the batch has run.</summary>
    public T Value => !IsComplete ? throw new InvalidOperationException("The batch of this read has not run.")
        : Problem is { } problem ? throw new ReadFailedException(problem, RevertData.Span)
        : _value!;

    private protected override bool ReturnsNothing => typeof(T) == typeof(Unit);

    private protected override void Decode(byte[] data) => _value = _function.DecodeResult(data);
}

/// <summary>A read that has no value: the contract reverted, is not there, or answered with something else than its ABI says.</summary>
public sealed class ReadFailedException : Exception
{
    private readonly byte[] _revertData;

    internal ReadFailedException(string message, ReadOnlySpan<byte> revertData)
        : base(message) => _revertData = revertData.ToArray();

    /// <summary>Empty where the contract did not revert.</summary>
    public ReadOnlyMemory<byte> RevertData => _revertData;
}
