using System.Text;

namespace KeeperOracle.Generators;

/// <summary>The parts that every generated record has: its parameter list, its equality by value, its reading and its writing.</summary>
internal sealed class RecordCode
{
    private readonly IReadOnlyList<AbiField> _fields;
    private readonly List<string> _properties;
    private readonly string _name;

    public RecordCode(string name, IReadOnlyList<AbiField> fields)
    {
        _name = name;
        _fields = fields;
        _properties = Naming.Properties(fields, name);
    }

    public int HeadWords => _fields.Sum(item => item.Type.HeadWords);

    public string Parameters(Func<AbiField, string>? type = null) =>
        string.Join(", ", _fields.Select((field, i) => $"{(type ?? (f => TypeCode.CSharp(f.Type)))(field)} {_properties[i]}"));

    /// <summary>"new(...)" with every field read in order; C# evaluates arguments from left to right.</summary>
    public string ReadAll(string reader) => $"new {_name}({string.Join(", ", _fields.Select(field => TypeCode.Read(field.Type, reader)))})";

    public string WriteAll(string writer, string indent)
    {
        var text = new StringBuilder();
        for (var i = 0; i < _fields.Count; i++)
        {
            text.Append(indent).Append(TypeCode.Write(_fields[i].Type, writer, "this." + _properties[i])).Append(";\n");
        }

        return text.ToString();
    }

    /// <summary>Arrays and bytes compare by reference in C#; a record that holds them compares their elements instead.</summary>
    public string Equality(string indent, bool isStruct)
    {
        if (!_fields.Any(item => item.Type.HoldsReference))
        {
            return "";
        }

        var mark = isStruct ? "" : "?";
        var guard = isStruct ? "" : "other is not null && ";
        var same = string.Join(" && ", _properties.Select(name => $"global::KeeperOracle.Chain.Abi.AbiEquality.Same(this.{name}, other.{name})"));
        var hash = string.Join(", ", _properties.Select(name => "this." + name));
        return $"{indent}public {(isStruct ? "readonly " : "")}bool Equals({_name}{mark} other) => {guard}{same};\n"
            + $"{indent}public override {(isStruct ? "readonly " : "")}int GetHashCode() => global::KeeperOracle.Chain.Abi.AbiEquality.Hash({hash});\n";
    }

    /// <summary>A ToString that also shows what is inside lists and bytes.</summary>
    public string Print(string indent, bool isStruct)
    {
        var members = string.Join(", ", _properties.Select((name, i) => $"({Naming.Literal(_fields[i].Name)}, this.{name})"));
        return $"{indent}public override {(isStruct ? "readonly " : "")}string ToString() => "
            + $"global::KeeperOracle.Chain.Abi.AbiText.Call({Naming.Literal(_name)}, [{members}]);\n";
    }

    /// <summary>"[("account", r.Hash()), ...]": names and values for a sentence.</summary>
    public string NamedValues(string reader) =>
        "[" + string.Join(", ", _fields.Select(field => $"({Naming.Literal(field.Name)}, {TypeCode.Read(field.Type, reader)})")) + "]";
}
