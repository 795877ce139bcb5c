namespace KeeperOracle.Chain.Abi;

/// <summary>How one error or call is put into words: generated for every one of every ABI.</summary>
public sealed record AbiSentence(string Name, string Signature, int HeadWords, AbiRead<(string Name, object Value)[]> Read)
{
    public Selector Selector { get; } = Selector.Of(Signature);

    /// <summary>Of bytes that begin with the selector; what does not decode is shown as it is.</summary>
    public string Describe(ReadOnlySpan<byte> data)
    {
        try
        {
            var reader = new AbiReader(data[4..], HeadWords);
            var values = Read(ref reader);
            reader.Finish();
            return AbiText.Call(Name, values);
        }
        catch (AbiException problem)
        {
            return $"malformed {Name} ({problem.Message}): {AbiText.Of(data.ToArray())}";
        }
    }

    /// <summary>By selector. Two signatures with one selector cannot be told apart: the first is kept, in the order of the files.</summary>
    public static Dictionary<Selector, AbiSentence> Index(IEnumerable<AbiSentence> sentences)
    {
        var index = new Dictionary<Selector, AbiSentence>();
        foreach (var sentence in sentences)
        {
            index.TryAdd(sentence.Selector, sentence);
        }

        return index;
    }
}
