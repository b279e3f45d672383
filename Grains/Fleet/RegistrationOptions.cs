namespace HmsOrleans.Grains.Fleet;

/// <summary>Section <c>Hms:Hosts</c>: how hosts come under supervision.</summary>
public sealed class RegistrationOptions
{
    public const string Section = "Hms:Hosts";

    /// <summary>A host is under supervision as soon as its node runs; else it waits until it is put there by hand. One that was removed by hand always waits.</summary>
    public bool AutoRegister { get; set; } = true;
}
