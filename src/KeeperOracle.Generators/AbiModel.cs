namespace KeeperOracle.Generators;

internal sealed record AbiField(string Name, AbiType Type, bool Indexed);

/// <summary>A Solidity struct. Two are the same when name, field names and field types are.</summary>
internal sealed class AbiStruct(string name, IReadOnlyList<AbiField> fields)
{
    public string Name { get; } = name;

    public IReadOnlyList<AbiField> Fields { get; } = fields;

    /// <summary>Set by the catalogue once all files are read: the C# name with its namespace or contract in front.</summary>
    public string CSharpName { get; set; } = "";

    /// <summary>Set with it: one type for all contracts, outside of their classes.</summary>
    public bool IsShared { get; set; }

    public string Shape => Name + "(" + string.Join(",", Fields.Select(item => Part(item.Type) + " " + item.Name)) + ")";

    private static string Part(AbiType type) => type.Kind switch
    {
        AbiKind.Tuple => type.Struct!.Shape,
        AbiKind.Array => $"{Part(type.Element!)}[{type.Size}]",
        _ => type.Canonical,
    };
}

/// <summary>A function, an event or an error.</summary>
internal sealed class AbiEntry(string kind, string name, IReadOnlyList<AbiField> inputs, IReadOnlyList<AbiField> outputs, string mutability)
{
    public string Kind { get; } = kind;

    public string Name { get; } = name;

    public IReadOnlyList<AbiField> Inputs { get; } = inputs;

    public IReadOnlyList<AbiField> Outputs { get; } = outputs;

    public string Mutability { get; } = mutability;

    public string Canonical => $"{Name}({string.Join(",", Inputs.Select(item => item.Type.Canonical))})";

    /// <summary>The declaration as a Solidity reader knows it, for the doc comment.</summary>
    public string Declaration
    {
        get
        {
            var mutability = Mutability.Length == 0 || Mutability == "nonpayable" ? "" : " " + Mutability;
            var returns = Outputs.Count == 0 ? "" : $" returns ({List(Outputs)})";
            return $"{Kind} {Name}({List(Inputs)}){mutability}{returns}";
        }
    }

    private static string List(IReadOnlyList<AbiField> fields) =>
        string.Join(", ", fields.Select(item => (Text(item.Type) + (item.Indexed ? " indexed " : " ") + item.Name).TrimEnd()));

    private static string Text(AbiType type) => type.Kind switch
    {
        AbiKind.Tuple => type.Struct!.Name,
        AbiKind.Array => Text(type.Element!) + (type.Size == 0 ? "[]" : $"[{type.Size}]"),
        _ => type.Canonical,
    };
}

/// <summary>One ABI file: what a contract can be asked, what it announces, and how it refuses.</summary>
internal sealed class AbiContract
{
    private AbiContract(string name, List<AbiEntry> entries, List<AbiStruct> structs)
    {
        Name = name;
        Entries = entries;
        Structs = structs;
    }

    public string Name { get; }

    public IReadOnlyList<AbiEntry> Entries { get; }

    /// <summary>Every struct that occurs, with those inside others first.</summary>
    public IReadOnlyList<AbiStruct> Structs { get; }

    public IEnumerable<AbiEntry> Of(string kind) => Entries.Where(entry => entry.Kind == kind);

    /// <summary>Reads the JSON array that `forge inspect X abi --json` writes. Throws <see cref="FormatException"/>.</summary>
    public static AbiContract Parse(string name, string text)
    {
        var root = JsonText.Parse(text) as List<object?> ?? throw new FormatException("the file is not a JSON array");
        var structs = new List<AbiStruct>();
        var entries = new List<AbiEntry>();
        foreach (var item in root)
        {
            var entry = item as Dictionary<string, object?> ?? throw new FormatException("an entry is not an object");
            var kind = Text(entry, "type") ?? throw new FormatException("an entry has no type");
            if (kind is "constructor" or "receive" or "fallback")
            {
                continue;
            }

            if (kind is not ("function" or "event" or "error"))
            {
                throw new FormatException($"an entry has the unknown type '{kind}'");
            }

            if (entry.TryGetValue("anonymous", out var anonymous) && anonymous is true)
            {
                throw new FormatException("anonymous events are not supported: they have no topic to be known by");
            }

            var entryName = Text(entry, "name") ?? throw new FormatException($"a {kind} has no name");
            var outputs = kind == "function" ? Fields(entry, "outputs", structs) : [];
            entries.Add(new AbiEntry(kind, entryName, Fields(entry, "inputs", structs), outputs, Text(entry, "stateMutability") ?? ""));
        }

        return new AbiContract(name, entries, structs);
    }

    private static List<AbiField> Fields(Dictionary<string, object?> owner, string key, List<AbiStruct> structs)
    {
        var list = owner.TryGetValue(key, out var value) ? value as List<object?> : null;
        var fields = new List<AbiField>();
        foreach (var item in list ?? throw new FormatException($"'{key}' is missing or not an array"))
        {
            var field = item as Dictionary<string, object?> ?? throw new FormatException($"a member of '{key}' is not an object");
            var name = Text(field, "name") ?? "";
            var type = AbiType.Parse(Text(field, "type") ?? throw new FormatException($"'{name}' has no type"), () => Struct(field, name, structs));
            fields.Add(new AbiField(name, type, field.TryGetValue("indexed", out var indexed) && indexed is true));
        }

        return fields;
    }

    private static AbiStruct Struct(Dictionary<string, object?> field, string fieldName, List<AbiStruct> structs)
    {
        var fields = Fields(field, "components", structs);
        if (fields.Count == 0)
        {
            throw new FormatException($"'{fieldName}' is a struct without fields");
        }

        var found = new AbiStruct(StructName(Text(field, "internalType"), fieldName), fields);
        var known = structs.FirstOrDefault(other => other.Shape == found.Shape);
        if (known is null)
        {
            structs.Add(found);
        }

        return known ?? found;
    }

    /// <summary>"struct IMarginVault.Position[]" names Position; a file without internal types names it after its first use.</summary>
    private static string StructName(string? internalType, string fieldName)
    {
        var text = internalType ?? "";
        var bracket = text.IndexOf('[');
        text = bracket < 0 ? text : text.Substring(0, bracket);
        text = text.StartsWith("struct ", StringComparison.Ordinal) ? text.Substring(7) : "";
        var name = Naming.Pascal(text.Substring(text.LastIndexOf('.') + 1));
        return name.Length > 0 ? name : Naming.Pascal(fieldName.Length > 0 ? fieldName : "unnamed") + "Tuple";
    }

    private static string? Text(Dictionary<string, object?> owner, string key) => owner.TryGetValue(key, out var value) ? value as string : null;
}
