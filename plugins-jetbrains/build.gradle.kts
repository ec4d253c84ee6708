// For people with the internet: runs the plugin in current IDEs and verifies it against them. Not exercised by the
// project's own continuous integration, which builds with build.py against a platform made from Debian's sources.
//
//   python -m registry.jetbrains_chats > plugins-jetbrains/build/koru/koru/jetbrains_chats.json   (from the root, first)
//   gradle buildPlugin verifyPlugin

plugins {
    java
    id("org.jetbrains.intellij.platform") version "2.5.0"
}

val koruVersion = Regex("""(?m)^version = "(.+)"$""").find(file("../pyproject.toml").readText())!!.groupValues[1]
version = koruVersion

repositories {
    mavenCentral()
    intellijPlatform { defaultRepositories() }
}

dependencies {
    intellijPlatform { intellijIdeaCommunity("2024.3") }
}

java { toolchain { languageVersion = JavaLanguageVersion.of(17) } }

sourceSets {
    main {
        java { setSrcDirs(listOf("core/src/main/java", "adapter/src/main/java", "entry/src/main/java")) }
        resources { setSrcDirs(listOf("entry/src/main/resources", "build/koru")) }
    }
}

tasks.processResources {
    filesMatching("META-INF/plugin.xml") { filter { it.replace("@version@", koruVersion) } }
    doLast { destinationDir.resolve("koru/version").writeText(koruVersion + "\n") }
}

intellijPlatform {
    pluginConfiguration {
        ideaVersion {
            sinceBuild = "223"
            untilBuild = provider { null }
        }
    }
    pluginVerification { ides { recommended() } }
}
