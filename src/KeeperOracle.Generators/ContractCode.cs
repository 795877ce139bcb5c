using System.Text;

namespace KeeperOracle.Generators;

/// <summary>The C# of one contract: a static class with a record for each function, event and error.</summary>
internal static class ContractCode
{
    public const string Namespace = "KeeperOracle.Chain.Contracts";
    private const string Abi = "global::KeeperOracle.Chain.Abi.";
    private const string NotNullWhenTrue = "[global::System.Diagnostics.CodeAnalysis.NotNullWhen(true)]";
    private const string Bytes = "global::System.ReadOnlySpan<byte>";

    public static string Declare(AbiContract contract)
    {
        var text = new StringBuilder();
        text.Append($"/// <summary>Calls, events and errors of <c>{contract.Name}</c>, from <c>abi/{contract.Name}.json</c>.</summary>\n");
        text.Append($"public static class {contract.Name}\n{{\n");
        foreach (var nested in StructCatalogue.Nested(contract))
        {
            text.Append(StructCatalogue.Declare(nested, "    "));
        }

        foreach (var entry in contract.Of("function"))
        {
            Function(text, entry, UniqueName(contract, entry));
        }

        foreach (var entry in contract.Of("event"))
        {
            Event(text, entry, UniqueName(contract, entry) + "Event");
        }

        foreach (var entry in contract.Of("error"))
        {
            Error(text, entry, UniqueName(contract, entry) + "Error");
        }

        return text.Append("}\n").ToString();
    }

    /// <summary>An overloaded name carries its parameter types, all of its overloads alike, so that the order in the file does not matter.</summary>
    private static string UniqueName(AbiContract contract, AbiEntry entry)
    {
        var name = Naming.Pascal(entry.Name);
        var overloaded = contract.Of(entry.Kind).Count(other => Naming.Pascal(other.Name) == name) > 1;
        return overloaded ? name + string.Concat(entry.Inputs.Select(item => item.Type.NamePart)) : name;
    }

    private static void Function(StringBuilder text, AbiEntry entry, string name)
    {
        var record = new RecordCode(name + "Function", entry.Inputs);
        var result = entry.Outputs.Count switch
        {
            0 => Abi + "Unit",
            1 => TypeCode.CSharp(entry.Outputs[0].Type),
            _ => name + "Result",
        };
        if (entry.Outputs.Count > 1)
        {
            Result(text, entry, name + "Result");
        }

        Open(text, entry, name + "Function", record.Parameters(), $" : {Abi}IContractFunction<{result}>");
        Selector(text, entry);
        text.Append(record.Equality("        ", false)).Append(record.Print("        ", false));
        text.Append($"        public byte[] EncodeCall()\n        {{\n            var w = new {Abi}AbiWriter();\n");
        text.Append(record.WriteAll("w", "            "));
        text.Append("            return w.ToCall(Selector);\n        }\n");
        var outputWords = entry.Outputs.Sum(item => item.Type.HeadWords);
        var value = entry.Outputs.Count switch
        {
            0 => $"default({Abi}Unit)",
            1 => TypeCode.Read(entry.Outputs[0].Type, "r"),
            _ => new RecordCode(name + "Result", entry.Outputs).ReadAll("r"),
        };
        text.Append($"        public {result} DecodeResult({Bytes} data)\n        {{\n            var r = new {Abi}AbiReader(data, {outputWords});\n");
        text.Append($"            var result = {value};\n            r.Finish();\n            return result;\n        }}\n");
        TryDecodeBytes(text, name + "Function", record, "TryDecodeCall", "call");
        text.Append("    }\n\n");
    }

    private static void Result(StringBuilder text, AbiEntry entry, string name)
    {
        var record = new RecordCode(name, entry.Outputs);
        text.Append($"    /// <summary>What <c>{Naming.Xml(entry.Canonical)}</c> returns.</summary>\n");
        text.Append($"    public readonly record struct {name}({record.Parameters()})\n    {{\n");
        text.Append(record.Equality("        ", true)).Append(record.Print("        ", true)).Append("    }\n\n");
    }

    private static void Event(StringBuilder text, AbiEntry entry, string name)
    {
        var record = new RecordCode(name, entry.Inputs);
        Open(text, entry, name, record.Parameters(EventType), "");
        text.Append($"        /// <summary>Keccak-256 of <see cref=\"AbiSignature\"/>: the first topic.</summary>\n");
        text.Append($"        public const string AbiSignature = {Naming.Literal(entry.Canonical)};\n");
        text.Append("        public static global::KeeperOracle.Primitives.Hash32 Topic { get; } = global::KeeperOracle.Chain.Signing.Keccak.HashText(AbiSignature);\n");
        text.Append(record.Equality("        ", false)).Append(record.Print("        ", false));

        var indexed = entry.Inputs.Count(item => item.Indexed);
        var dataWords = entry.Inputs.Where(field => !field.Indexed).Sum(item => item.Type.HeadWords);
        text.Append("        /// <summary>False where the log is not this event: another topic, other indexed fields, or data that does not decode. Who sent it is the caller's to check.</summary>\n");
        text.Append($"        public static bool TryDecode(global::KeeperOracle.Chain.Transactions.LogEntry log, {NotNullWhenTrue} out {name}? decoded)\n        {{\n");
        text.Append($"            decoded = null;\n            if (log.Topics.Count != {indexed + 1} || log.Topics[0] != Topic)\n            {{\n                return false;\n            }}\n\n");
        text.Append($"            try\n            {{\n                var data = new {Abi}AbiReader(log.Data, {dataWords});\n");
        var topic = 0;
        for (var i = 0; i < entry.Inputs.Count; i++)
        {
            var field = entry.Inputs[i];
            if (!field.Indexed)
            {
                text.Append($"                var v{i} = {TypeCode.Read(field.Type, "data")};\n");
                continue;
            }

            topic++;
            if (IsHashedTopic(field.Type))
            {
                text.Append($"                var v{i} = log.Topics[{topic}];\n");
                continue;
            }

            text.Append($"                var t{i} = new {Abi}AbiReader(log.Topics[{topic}].ToBytes(), 1);\n                var v{i} = {TypeCode.Read(field.Type, $"t{i}")};\n");
        }

        text.Append("                data.Finish();\n");
        text.Append($"                decoded = new {name}({string.Join(", ", entry.Inputs.Select((_, i) => $"v{i}"))});\n                return true;\n            }}\n");
        text.Append($"            catch ({Abi}AbiException)\n            {{\n                return false;\n            }}\n        }}\n    }}\n\n");
    }

    private static void Error(StringBuilder text, AbiEntry entry, string name)
    {
        var record = new RecordCode(name, entry.Inputs);
        Open(text, entry, name, record.Parameters(), "");
        Selector(text, entry);
        text.Append(record.Equality("        ", false)).Append(record.Print("        ", false));
        TryDecodeBytes(text, name, record, "TryDecode", "revertData");
        text.Append("    }\n\n");
    }

    private static void TryDecodeBytes(StringBuilder text, string name, RecordCode record, string method, string parameter)
    {
        text.Append("        /// <summary>False where the bytes begin with another selector or do not decode strictly.</summary>\n");
        text.Append($"        public static bool {method}({Bytes} {parameter}, {NotNullWhenTrue} out {name}? decoded)\n        {{\n            decoded = null;\n");
        text.Append($"            if (!Selector.Begins({parameter}))\n            {{\n                return false;\n            }}\n\n            try\n            {{\n");
        text.Append($"                var r = new {Abi}AbiReader({parameter}[4..], {record.HeadWords});\n                var found = {record.ReadAll("r")};\n");
        text.Append("                r.Finish();\n                decoded = found;\n                return true;\n            }\n");
        text.Append($"            catch ({Abi}AbiException)\n            {{\n                return false;\n            }}\n        }}\n");
    }

    private static void Open(StringBuilder text, AbiEntry entry, string name, string parameters, string bases)
    {
        text.Append($"    /// <summary><c>{Naming.Xml(entry.Declaration)}</c></summary>\n");
        text.Append($"    public sealed record {name}({parameters}){bases}\n    {{\n");
    }

    private static void Selector(StringBuilder text, AbiEntry entry)
    {
        text.Append("        /// <summary>What <see cref=\"Selector\"/> is the start of the hash of.</summary>\n");
        text.Append($"        public const string AbiSignature = {Naming.Literal(entry.Canonical)};\n");
        text.Append($"        public static {Abi}Selector Selector {{ get; }} = {Abi}Selector.Of(AbiSignature);\n");
    }

    /// <summary>An indexed string, bytes, array or struct leaves only its hash in the topic.</summary>
    private static bool IsHashedTopic(AbiType type) => type.Kind is AbiKind.String or AbiKind.Bytes or AbiKind.Array or AbiKind.Tuple;

    private static string EventType(AbiField field) =>
        field.Indexed && IsHashedTopic(field.Type) ? "global::KeeperOracle.Primitives.Hash32" : TypeCode.CSharp(field.Type);
}
